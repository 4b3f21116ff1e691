// The controls of the table: search, totals, columns and filters. A facet is a column to filter by; its values are
// options.

/** Makes an element. Text is never parsed as HTML. */
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** How many options a facet shows. The search finds the others. */
const MAX_OPTIONS = 200;

/** The controls. Callbacks: text typed, option or column chosen, filters cleared, CSV requested, a list opened. */
class Controls {
  constructor(container, { typed, chosen, clear, save, opened }) {
    this.text = make("input", {
      type: "search", id: "explorer-text", placeholder: "Search: name, model, price …",
      autocomplete: "off", spellcheck: false,
    });
    const button = { type: "button", disabled: true };
    this.clear = make("button", { ...button, className: "clear", onclick: clear }, "Clear filters");
    this.save = make("button", { ...button, className: "save", onclick: save }, "Save as CSV");
    this.columns = make("ul");
    this.columnBox = make("details", { className: "column-box" }, make("summary", {}, "Columns"), this.columns);
    this.facets = make("div", { className: "facets" });
    this.summary = make("summary", {}, "Filters");
    this.details = make("details", { className: "facet-box" }, this.summary);
    this.figures = make("dl", { className: "explorer-totals" });
    this.announcement = make("p", { className: "visually-hidden", role: "status" });
    this.text.addEventListener("input", typed);
    this.choose = chosen;
    container.querySelector(".explorer-controls").append(
      make("div", { className: "explorer-bar", role: "search" },
        make("label", { htmlFor: this.text.id, className: "visually-hidden" }, "Search all columns"),
        this.text, this.save),
      this.figures, this.announcement);
    container.querySelector(".explorer-filters").append(this.columnBox, this.details, this.clear);
    const isBeside = matchMedia("(min-width: 68.75rem)"); // the filters are beside the table, as in explorer.css
    this.details.open = isBeside.matches;
    isBeside.addEventListener("change", () => { if (this.boxes !== undefined) this.details.open = isBeside.matches; });
    for (const box of [this.columnBox, this.details]) box.firstChild.addEventListener("click", opened);
    this.showMessage("Loading …");
  }

  /** Shows a message instead of the totals. */
  showMessage(text, note = "") {
    const notes = note === "" ? [] : [make("dd", { className: "wide" }, note)];
    this.figures.replaceChildren(make("div", {}, make("dt", {}, "Instances"), make("dd", {}, text), ...notes));
  }

  /** Says that the list loads when it is needed. */
  wait(count) {
    this.showMessage(count, "Search, filters and scrolling load the whole list.");
    this.details.open = false; // there are no filters yet
  }

  /** Disables the controls and says why. */
  fail(why) {
    this.showMessage("–");
    for (const control of [this.text, this.clear, this.save]) control.disabled = true;
    this.facets.replaceChildren(make("p", { className: "muted" }, why));
    this.details.append(this.facets);
    this.details.open = true;
    this.announcement.textContent = why;
  }

  /** Makes the facets of a table. */
  showFacets(table) {
    this.boxes = table.facets.map((facet) => {
      const list = make("ul");
      const box = make("fieldset", {}, make("legend", {}, facet.title), list);
      this.facets.append(box);
      return { facet, list, options: new Map() };
    });
    this.save.disabled = false;
  }

  /** Makes the list of columns to choose from. */
  showColumns(table) {
    this.columnInputs = table.optional.map((column) => {
      const input = make("input", { type: "checkbox", onchange: this.choose });
      this.columns.append(make("li", {}, make("label", {}, input, make("span", {}, column.title))));
      return { name: column.name, input };
    });
  }

  /** The columns chosen. */
  chosenColumns() {
    return new Set(this.columnInputs.filter(({ input }) => input.checked).map(({ name }) => name));
  }

  /** Makes an option of a facet. */
  option(box, number) {
    const { label, value } = box.facet.options[number];
    const input = make("input", { type: "checkbox", onchange: this.choose });
    const count = make("span", { className: "count" });
    const name = make(value === "" ? "span" : "bdi", { className: value === "" ? "unknown" : "" }, label);
    const item = make("li", {}, make("label", { title: label }, input, name, count));
    const option = { input, count, item, value };
    box.options.set(number, option);
    return option;
  }

  /** The values chosen in each facet. */
  chosen() {
    return new Map(this.boxes.map((box) => [box.facet.name,
      new Set([...box.options.values()].filter((option) => option.input.checked).map((option) => option.value))]));
  }

  /** Shows a state and the number of rows of each option. */
  show(state, counts) {
    if (document.activeElement !== this.text) this.text.value = state.text;
    if (!this.facets.isConnected) this.details.append(this.facets); // with options at once, so that nothing moves
    for (const { name, input } of this.columnInputs) input.checked = state.columns.has(name);
    let filters = 0;
    this.boxes.forEach((box, i) => {
      const values = state.chosen.get(box.facet.name);
      filters += values.size;
      this.fill(box, values, counts[i]);
      for (const [number, option] of box.options) {
        option.input.checked = values.has(option.value);
        option.count.textContent = grouped(String(counts[i][number]));
        option.item.classList.toggle("none", counts[i][number] === 0);
      }
    });
    this.summary.textContent = filters === 0 ? "Filters" : `Filters · ${grouped(String(filters))} chosen`;
    this.clear.disabled = filters === 0 && state.text === "";
  }

  /** Shows a facet's chosen options, and those that had the most rows at first, in their order. */
  fill(box, values, counts) {
    const options = box.facet.options;
    const wanted = new Set(box.options.keys());
    if (wanted.size === 0) {
      const occurs = (number) => options[number].value !== "" || box.facet.rows.includes(number);
      const known = options.map((_, number) => number).filter(occurs);
      known.sort((a, b) => counts[b] - counts[a]);
      for (const number of known.slice(0, MAX_OPTIONS)) wanted.add(number);
      box.more = Math.max(0, known.length - MAX_OPTIONS);
    }
    options.forEach((option, number) => { if (values.has(option.value)) wanted.add(number); });
    if (wanted.size === box.options.size) return;
    const order = [...wanted].sort((a, b) => a - b);
    const items = order.map((number) => (box.options.get(number) ?? this.option(box, number)).item);
    if (box.more > 0) {
      items.push(make("li", { className: "muted" }, `and ${grouped(String(box.more))} more: use the search`));
    }
    box.list.replaceChildren(...items);
    const chosen = order.find((number) => values.has(options[number].value));
    if (chosen !== undefined) box.list.scrollTop = box.options.get(chosen).item.offsetTop - box.list.offsetTop;
  }

  /** Shows totals, and announces them to screen readers. */
  showTotals(totals, all) {
    const figure = (name, ...lines) => make("div", {}, make("dt", {}, name),
      ...lines.filter((line) => line !== "").map((line) => make("dd", {}, line)));
    const cost = (name, c) => figure(name, `${c.perHour}/h`, `${c.perMonth}/month`, c.coverage);
    const instances = totals.instances === all ? all : `${totals.instances} of ${all}`;
    this.figures.replaceChildren(
      figure("Instances", instances),
      figure("GPUs", totals.gpus.figure, totals.gpus.coverage),
      cost("Running", totals.running),
      cost("Listed", totals.listed));
    const announcement = [
      instances === "1" ? "1 instance" : `${instances} instances`,
      totals.gpus.figure === "1" ? "1 GPU" : `${totals.gpus.figure} GPUs`, totals.gpus.coverage,
      `running ${totals.running.perHour} per hour`, totals.running.coverage,
      `listed ${totals.listed.perHour} per hour`, totals.listed.coverage,
    ].filter((part) => part !== "").join(", ");
    if (this.announcement.textContent !== announcement) this.announcement.textContent = announcement;
  }
}
