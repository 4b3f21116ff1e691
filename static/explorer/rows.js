// The live table. The page contains only the visible rows, and a few above and below.

const OVERSCAN = 8; // rows above and below the visible ones
const MAX_PRINTED = 1000; // rows
const STEP = 5; // rows added at a time when the table first appears
const MAX_PIXELS = 12e6; // browsers can't scroll higher elements; beyond that, a pixel stands for several

/** The longer half of a heading that takes two lines. */
function longerHalf(title) {
  const words = title.split(" ");
  const halves = words.map((_, i) => [words.slice(0, i).join(" "), words.slice(i).join(" ")]);
  const longer = halves.map(([a, b]) => a.length > b.length ? a : b);
  return longer.reduce((best, half) => half.length < best.length ? half : best);
}

class Rows {
  constructor(table, caption, sorted) {
    this.table = table;
    this.sorted = sorted;
    this.columns = [];
    this.rows = new Uint32Array(0);
    this.current = 0; // the row with the keyboard focus
    this.first = this.last = 0; // the rows in the page: first <= i < last
    this.most = Infinity; // maximum number of rows in the page
    this.overscan = 0; // 0 until someone scrolls, then OVERSCAN
    this.lines = new Map(); // row elements by position
    this.sheet = new CSSStyleSheet(); // sizes, since the content policy forbids inline styles
    this.sheet.replaceSync(".live-space { height: 0; } .explorer-table { scroll-padding: 0; }");
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, this.sheet];

    this.headRow = make("tr", { "aria-rowindex": "1" });
    this.head = make("thead", {}, this.headRow);
    this.body = make("tbody");
    this.grid = make("table", { className: "live" },
      make("caption", { className: "visually-hidden" }, caption), this.head, this.body);
    this.noMatches = make("p", { className: "live-none", hidden: true }, "No instances match.");
    this.printNote = make("p", { className: "live-cut", hidden: true });
    this.region = make("section", { className: "scroll instances explorer-table", tabIndex: 0 },
      make("div", { className: "live-space" }, this.grid), this.printNote, this.noMatches);
    this.region.setAttribute("aria-label", caption);
    this.region.addEventListener("scroll", () => {
      this.overscan = OVERSCAN;
      this.scheduleDraw();
    }, { passive: true });
    this.region.addEventListener("keydown", (event) => this.key(event));
    this.body.addEventListener("focusin", (event) => {
      const line = event.target.closest("tr");
      this.setCurrent(Number(line.getAttribute("aria-rowindex")) - 2);
    });
    this.resized = new ResizeObserver(() => {
      this.makeRoom();
      this.scheduleDraw();
    });
    addEventListener("beforeprint", () => this.print(true));
    addEventListener("afterprint", () => this.print(false));
  }

  /** A heading, with the longest values out of sight, so that the column is wide enough for any row. */
  heading(column) {
    const sort = () => this.sorted(column.name);
    const button = make("button", { type: "button", className: "sort", onclick: sort }, column.title);
    const samples = column.rows.includes(column.unknown) ? [...column.longest, column.unknown] : column.longest;
    const sizer = make("span", { className: "sizer", "aria-hidden": "true" }, make("b", {}, longerHalf(column.title)),
      ...samples.map((number) => make("span", {}, this.content(column, number, MAX_LENGTH))));
    return make("th", { scope: "col", className: column.numeric ? "num" : "" }, button, sizer);
  }

  /** Shows other columns. */
  setColumns(columns) {
    this.columns = columns;
    this.headings = columns.map((column) => this.heading(column));
    this.headRow.replaceChildren(...this.headings);
    this.resized.disconnect();
    this.resized.observe(this.region);
    this.resized.observe(this.headings[0]);
  }

  /** Shows other rows, from the top. */
  show(rows, sort, columns) {
    if (columns.join() !== this.columns.map((column) => column.name).join()) {
      this.setColumns(columns.map((name) => this.table.column(name)));
    }
    this.rows = rows;
    this.current = 0;
    this.columns.forEach((column, i) => {
      const heading = this.headings[i];
      const direction = sort?.descending ? "descending" : "ascending";
      if (sort?.name === column.name) heading.setAttribute("aria-sort", direction);
      else heading.removeAttribute("aria-sort");
    });
    this.grid.setAttribute("aria-rowcount", String(rows.length + 1));
    this.noMatches.hidden = rows.length > 0;
    this.region.scrollTop = 0;
    this.clear();
    this.draw();
  }

  /** Shows the first rows, a few at a time, so that the page stays responsive. */
  async showGradually(rows, sort, columns, pause) {
    this.most = 0;
    this.show(rows, sort, columns);
    do {
      await pause();
      this.most += STEP;
      this.draw();
    } while (this.last === this.most);
    this.most = Infinity;
  }

  /** Adds all rows to the page for printing, and removes them again. */
  print(printing) {
    this.printing = printing;
    this.printNote.hidden = this.rows.length <= MAX_PRINTED;
    const all = grouped(String(this.rows.length));
    this.printNote.textContent = `Only the first ${grouped(String(MAX_PRINTED))} of ${all} rows are printed. ` +
      "The files contain all of them.";
    this.draw();
  }

  clear() {
    this.lines.clear();
    this.body.replaceChildren();
    this.first = this.last = 0;
  }

  scheduleDraw() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.draw();
    });
  }

  /**
   * Keeps what gets the focus clear of the head and of the rows' headings. Headings that leave less than half of the
   * width to the other columns don't stay in place.
   */
  makeRoom() {
    const heading = this.headings[0].offsetWidth;
    const crowded = heading > this.region.clientWidth / 2;
    this.region.classList.toggle("crowded", crowded);
    const padding = `${this.head.offsetHeight}px 0px 0px ${crowded ? 0 : heading}px`;
    this.sheet.cssRules[1].style.setProperty("scroll-padding", padding);
  }

  /** Adds the visible rows and the overscan to the page, and removes all others. */
  draw() {
    const view = this.region.clientHeight;
    const line = this.lineHeight();
    const head = this.head.offsetHeight;
    const whole = this.rows.length * line;
    const height = Math.min(whole, MAX_PIXELS);
    const stretch = height > view ? (whole - view) / (height - view) : 1;
    const top = this.region.scrollTop * stretch;
    const count = this.rows.length;
    const first = this.printing ? 0 : Math.max(0, Math.min(count, Math.floor(top / line)) - this.overscan);
    const last = this.printing ? Math.min(count, MAX_PRINTED)
      : Math.min(count, Math.ceil((top + view) / line) + this.overscan, first + this.most);
    const space = this.sheet.cssRules[0].style;
    space.setProperty("height", `${height + head}px`);
    space.setProperty("padding-top", `${Math.max(0, this.region.scrollTop - (top - first * line))}px`);
    if (first === this.first && last === this.last) return;

    const hadFocus = this.body.contains(document.activeElement);
    for (const [position, element] of this.lines) {
      if (position >= first && position < last) continue;
      element.remove();
      this.lines.delete(position);
    }
    const before = []; // rows above those that stay, in order
    const after = [];
    const stays = [...this.lines.keys()][0] ?? last;
    for (let position = first; position < last; position++) {
      if (this.lines.has(position)) continue;
      const element = this.line(position);
      (position < stays ? before : after).push(element);
      this.lines.set(position, element);
    }
    this.body.prepend(...before);
    this.body.append(...after);
    this.first = first;
    this.last = last;
    this.setCurrent(Math.min(Math.max(this.current, first), last - 1));
    if (hadFocus && !this.body.contains(document.activeElement)) this.region.focus({ preventScroll: true });
  }

  /** The height of every row in pixels. */
  lineHeight() {
    const line = this.body.firstElementChild;
    if (line !== null) this.measured = line.getBoundingClientRect().height;
    return this.measured || 36;
  }

  line(position) {
    const row = this.rows[position];
    const anchor = this.table.anchor(row);
    const cells = this.columns.map((column, i) => this.cell(column, column.rows[row], i === 0 ? anchor : null));
    const line = make("tr", { "aria-rowindex": String(position + 2) }, ...cells);
    if (anchor !== "") line.id = anchor;
    if (anchor !== "" && anchor === this.addressed) line.classList.add("addressed");
    return line;
  }

  /** A value as an element, with at most `most` characters. */
  content(column, number, most = Infinity) {
    const text = column.shown(number).slice(0, most);
    const element = number === column.unknown ? make("span", { className: "unknown" }, text)
      : column.name === "id" ? make("code", {}, text)
      : column.type === "text" ? make("bdi", {}, text)
      : document.createTextNode(text);
    if (column.name !== "status") return element;
    return make("span", { className: "status status-" + this.table.statuses[number].tone }, element);
  }

  /** A cell. The first one is the row's heading, with a link to the row that takes the keyboard focus. */
  cell(column, number, anchor) {
    const text = column.shown(number);
    const content = this.content(column, number);
    const title = text.length >= MAX_LENGTH ? { title: text } : {};
    if (anchor === null) return make("td", { className: column.numeric ? "num" : "", ...title }, content);
    const link = make(anchor === "" ? "span" : "a", { className: "row-link", tabIndex: -1 }, content);
    if (anchor !== "") link.href = "#" + anchor;
    return make("th", { scope: "row", ...title }, link);
  }

  /** Makes a row the one that the Tab key reaches. */
  setCurrent(position) {
    const link = (at) => this.lines.get(at)?.querySelector(".row-link");
    const previous = link(this.current);
    if (previous) previous.tabIndex = -1;
    this.current = position;
    const current = link(position);
    if (current) current.tabIndex = 0;
  }

  key(event) {
    if (event.altKey || event.metaKey || event.shiftKey) return;
    if (this.head.contains(event.target) || this.rows.length === 0) return;
    const page = Math.max(1, Math.floor((this.region.clientHeight - this.head.offsetHeight) / this.lineHeight()) - 1);
    const inside = this.body.contains(event.target);
    const to = {
      ArrowDown: inside ? this.current + 1 : this.current,
      ArrowUp: this.current - 1,
      PageDown: this.current + page,
      PageUp: this.current - page,
      Home: 0,
      End: this.rows.length - 1,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.go(Math.min(Math.max(to, 0), this.rows.length - 1));
  }

  /** How many pixels of rows a pixel of the scroll bar stands for. */
  stretch() {
    const height = this.region.clientHeight;
    return Math.max(1, (this.rows.length * this.lineHeight() - height) / (MAX_PIXELS - height));
  }

  /** Scrolls so that a row is the first one in sight. */
  scrollTo(position) {
    this.region.scrollTop = position * this.lineHeight() / this.stretch();
  }

  /** Scrolls to a row and focuses it. */
  go(position) {
    const line = this.lineHeight();
    const height = this.region.clientHeight;
    const view = height - this.head.offsetHeight;
    const stretch = this.stretch();
    const top = this.region.scrollTop * stretch;
    if (position * line < top) this.region.scrollTop = position * line / stretch;
    else if ((position + 1) * line > top + view) this.region.scrollTop = ((position + 1) * line - view) / stretch;
    this.draw();
    this.setCurrent(position);
    this.lines.get(position)?.querySelector(".row-link").focus({ preventScroll: true });
  }

  /** Goes to the row with an anchor, if it is shown, and highlights it. */
  goTo(anchor) {
    this.addressed = anchor;
    for (const line of this.lines.values()) line.classList.toggle("addressed", line.id === anchor);
    const position = this.rows.findIndex((row) => this.table.anchor(row) === anchor);
    if (position < 0) return;
    this.region.scrollIntoView({ block: "nearest" });
    this.go(position);
  }
}
