// The table. Of its rows only those in sight are in the page, and some beyond.

const OVERSCAN = 8; // rows beyond either edge
const MOST_PRINTED = 1000; // rows on paper: more are for the files
const STEP = 5; // rows that come at a time at first
const MOST_PIXELS = 12e6; // higher than this, and browsers lose count: then a pixel stands for several

class Rows {
  constructor(table, order, caption, sorted) {
    this.table = table;
    this.columns = order.map((name) => table.column(name)).filter((column) => column !== undefined);
    this.rows = new Uint32Array(0);
    this.current = 0; // the row that the keyboard is at
    this.first = this.last = 0; // the rows in the page: first <= i < last
    this.most = Infinity; // how many rows may be in the page
    this.beyond = 0; // how many rows beyond what is in sight are there: none until somebody scrolls
    this.lines = new Map(); // their elements by place
    this.sheet = new CSSStyleSheet(); // measures, since the policy lets no element have a style of its own
    this.sheet.replaceSync(".live-space { height: 0; padding-top: 0; }" + this.widths());
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, this.sheet];

    this.headings = this.columns.map((column) => this.heading(column, sorted));
    this.head = make("thead", {}, make("tr", { "aria-rowindex": "1" }, ...this.headings));
    this.body = make("tbody");
    this.grid = make("table", { className: "live" },
      make("caption", { className: "visually-hidden" }, caption),
      make("colgroup", {}, ...this.columns.map(() => make("col"))), this.head, this.body);
    this.none = make("p", { className: "live-none", hidden: true }, "No instance is like that.");
    this.cut = make("p", { className: "live-cut", hidden: true });
    this.region = make("section", { className: "scroll instances explorer-table", tabIndex: 0 },
      make("div", { className: "live-space" }, this.grid), this.cut, this.none);
    this.region.setAttribute("aria-label", caption);
    this.region.addEventListener("scroll", () => {
      this.beyond = OVERSCAN;
      this.soon();
    }, { passive: true });
    this.region.addEventListener("keydown", (event) => this.key(event));
    this.body.addEventListener("focusin", (event) => {
      const line = event.target.closest("tr");
      this.stand(Number(line.getAttribute("aria-rowindex")) - 2);
    });
    new ResizeObserver(() => this.soon()).observe(this.region);
    addEventListener("beforeprint", () => this.print(true));
    addEventListener("afterprint", () => this.print(false));
  }

  heading(column, sorted) {
    const mark = make("span", { className: "sort-mark", "aria-hidden": "true" });
    const button = make("button", { type: "button", onclick: () => sorted(column.name) }, column.title, mark);
    return make("th", { scope: "col", className: column.numeric ? "num" : "" }, button);
  }

  /** The rules that give each column the width of its longest value, within bounds: it stays while rows come and go. */
  widths() {
    const widths = this.columns.map((column) => {
      let longest = UNKNOWN.length;
      for (let number = 0; number < column.unknown && longest < 30; number++) {
        longest = Math.max(longest, column.shown(number).length);
      }
      const words = column.title.split(" ").map((word) => word.length + 3);
      return Math.max(Math.min(longest, 30) + 1, Math.ceil(column.title.length / 2) + 3, ...words);
    });
    const all = widths.reduce((sum, width) => sum + width, 0);
    return widths.map((width, i) => `.live col:nth-child(${i + 1}) { width: calc(${width}ch + 1.7em); }`).join("") +
      `.live { width: calc(${all}ch + ${1.7 * widths.length}em); }`;
  }

  /** Shows other rows, from the first one on. */
  show(rows, sort) {
    this.rows = rows;
    this.current = 0;
    this.columns.forEach((column, i) => {
      const heading = this.headings[i];
      if (sort && sort.name === column.name) heading.setAttribute("aria-sort", sort.down ? "descending" : "ascending");
      else heading.removeAttribute("aria-sort");
    });
    this.grid.setAttribute("aria-rowcount", String(rows.length + 1));
    this.none.hidden = rows.length > 0;
    this.region.scrollTop = 0;
    this.clear();
    this.draw();
  }

  /** Shows rows for the first time, a few at a time, so that the browser can do other work while it lays them out. */
  async arrive(rows, sort, pause) {
    this.most = 0;
    this.show(rows, sort);
    do {
      await pause();
      this.most += STEP;
      this.draw();
    } while (this.last === this.most);
    this.most = Infinity;
  }

  /** Puts all rows that are shown into the page for the printer, and takes them out again. */
  print(printing) {
    this.printing = printing;
    this.cut.hidden = this.rows.length <= MOST_PRINTED;
    const all = grouped(String(this.rows.length));
    this.cut.textContent = `These are the first ${grouped(String(MOST_PRINTED))} of ${all} rows; ` +
      "the files have all of them.";
    this.draw();
  }

  clear() {
    this.lines.clear();
    this.body.replaceChildren();
    this.first = this.last = 0;
  }

  soon() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.draw();
    });
  }

  /** Puts the rows in sight, and those just beyond, into the page and takes the others out. */
  draw() {
    const view = this.region.clientHeight;
    const line = this.lineHeight();
    const head = this.head.offsetHeight;
    const whole = this.rows.length * line;
    const height = Math.min(whole, MOST_PIXELS);
    const stretch = height > view ? (whole - view) / (height - view) : 1;
    const top = this.region.scrollTop * stretch;
    const count = this.rows.length;
    const first = this.printing ? 0 : Math.max(0, Math.min(count, Math.floor(top / line)) - this.beyond);
    const last = this.printing ? Math.min(count, MOST_PRINTED)
      : Math.min(count, Math.ceil((top + view) / line) + this.beyond, first + this.most);
    const space = this.sheet.cssRules[0].style;
    space.setProperty("height", `${height + head}px`);
    space.setProperty("padding-top", `${Math.max(0, this.region.scrollTop - (top - first * line))}px`);
    if (first === this.first && last === this.last) return;

    const hadFocus = this.body.contains(document.activeElement);
    for (const [place, element] of this.lines) {
      if (place >= first && place < last) continue;
      element.remove();
      this.lines.delete(place);
    }
    const before = []; // those above what stays, in order
    const after = [];
    const stays = [...this.lines.keys()][0] ?? last;
    for (let place = first; place < last; place++) {
      if (this.lines.has(place)) continue;
      const element = this.line(place);
      (place < stays ? before : after).push(element);
      this.lines.set(place, element);
    }
    this.body.prepend(...before);
    this.body.append(...after);
    this.first = first;
    this.last = last;
    this.stand(Math.min(Math.max(this.current, first), last - 1));
    if (hadFocus && !this.body.contains(document.activeElement)) this.region.focus({ preventScroll: true });
  }

  /** The height of a row in pixels, the same for all. */
  lineHeight() {
    const line = this.body.firstElementChild;
    if (line !== null) this.measured = line.getBoundingClientRect().height;
    return this.measured || 36;
  }

  line(place) {
    const row = this.rows[place];
    const anchor = this.table.anchor(row);
    const cells = this.columns.map((column, i) => this.cell(column, column.rows[row], i === 0 ? anchor : null));
    const line = make("tr", { "aria-rowindex": String(place + 2) }, ...cells);
    if (anchor !== "") line.id = anchor;
    if (anchor !== "" && anchor === this.addressed) line.classList.add("addressed");
    return line;
  }

  /** A cell. The first one is the row's heading, and leads to the row itself, which the keyboard goes by. */
  cell(column, number, anchor) {
    const text = column.shown(number);
    let content = number === column.unknown ? make("span", { className: "unknown" }, text)
      : column.name === "id" ? make("code", {}, text)
      : column.type === "text" ? make("bdi", {}, text)
      : document.createTextNode(text);
    if (column.name === "status") {
      content = make("span", { className: "status status-" + this.table.statuses[number].tone }, content);
    }
    const title = text.length > 29 ? { title: text } : {};
    if (anchor === null) return make("td", { className: column.numeric ? "num" : "", ...title }, content);
    const link = make(anchor === "" ? "span" : "a", { className: "row-link", tabIndex: -1 }, content);
    if (anchor !== "") link.href = "#" + anchor;
    return make("th", { scope: "row", ...title }, link);
  }

  /** Makes a row the one that the tab key comes to. */
  stand(place) {
    const link = (at) => this.lines.get(at)?.querySelector(".row-link");
    const left = link(this.current);
    if (left) left.tabIndex = -1;
    this.current = place;
    const entered = link(place);
    if (entered) entered.tabIndex = 0;
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

  /** Brings a row into sight and puts the focus there. */
  go(place) {
    const line = this.lineHeight();
    const height = this.region.clientHeight;
    const view = height - this.head.offsetHeight;
    const stretch = Math.max(1, (this.rows.length * line - height) / (MOST_PIXELS - height));
    const top = this.region.scrollTop * stretch;
    if (place * line < top) this.region.scrollTop = place * line / stretch;
    else if ((place + 1) * line > top + view) this.region.scrollTop = ((place + 1) * line - view) / stretch;
    this.draw();
    this.stand(place);
    this.lines.get(place)?.querySelector(".row-link").focus({ preventScroll: true });
  }

  /** Goes to the row of an anchor, where it is among those shown, and marks it. */
  goTo(anchor) {
    this.addressed = anchor;
    for (const line of this.lines.values()) line.classList.toggle("addressed", line.id === anchor);
    const place = this.rows.findIndex((row) => this.table.anchor(row) === anchor);
    if (place < 0) return;
    this.region.scrollIntoView({ block: "nearest" });
    this.go(place);
  }
}
