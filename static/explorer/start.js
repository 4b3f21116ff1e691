// Replaces the page's static list with a live table of all instances. If that fails, the static list stays.

const SEARCH_DELAY = 60; // milliseconds after the last key

/** Lets the browser do pending work. */
const pause = () => new Promise((resume) => setTimeout(resume));

class Explorer {
  constructor(container, controls) {
    this.container = container;
    this.controls = controls;
  }

  /** Makes the table, in steps, so that the page stays responsive. */
  async start(data) {
    const { columns, caption } = this.container.dataset;
    const table = await readTable(data, columns.split(" "), pause);
    this.live = new Rows(table, caption, (name) => this.sort(name));
    await pause();
    this.controls.showFacets(table);
    this.controls.showColumns(table);
    await pause();
    this.controls.text.value ||= parseQuery(table, location.search).text;
    this.table = table;
    this.state = { ...parseQuery(table, location.search), text: this.controls.text.value };
    this.find();
    await pause();
    this.showTotals();
    await pause();
    const list = this.container.querySelector(".explorer-static");
    this.live.region.classList.add("arriving");
    list.before(this.live.region);
    await this.live.showGradually(this.shown, this.state.sort, this.columns(), pause);
    await pause();
    const hadFocus = list.contains(document.activeElement);
    const row = this.container.dataset.state === "reading" ? firstRow(list) : 0;
    list.remove();
    this.live.region.classList.remove("arriving");
    if (hadFocus) this.live.region.focus({ preventScroll: true });
    if (row > 0 && formatQuery(table, this.state) === "") this.live.scrollTo(row);
    this.goToAddressed();
    addEventListener("popstate", () => this.followAddress());
    addEventListener("hashchange", () => this.goToAddressed());
    this.container.dataset.state = "live";
  }

  /** Follows the address after going back or forward. */
  followAddress() {
    const state = parseQuery(this.table, location.search);
    if (formatQuery(this.table, state) !== formatQuery(this.table, this.currentState())) {
      this.state = state;
      this.controls.text.value = state.text;
      this.show();
      this.goToAddressed(); // if only the row changed, the hashchange event does this
    }
  }

  show() {
    this.find();
    this.showTotals();
    this.live.show(this.shown, this.state.sort, this.columns());
  }

  find() {
    const found = find(this.table, this.state);
    this.shown = found.rows;
    this.controls.show(this.state, found.counts);
  }

  showTotals() {
    this.controls.showTotals(totalsOf(this.table, this.shown), grouped(String(this.table.count)));
  }

  /** The names of the columns shown, in order. */
  columns() {
    const { heading, optional } = this.table;
    return [heading, ...optional.filter(({ name }) => this.state.columns.has(name))].map(({ name }) => name);
  }

  /** The state of the controls, which can be newer than the table. */
  currentState() {
    clearTimeout(this.searchTimer);
    const { controls } = this;
    return { ...this.state, text: controls.text.value, chosen: controls.chosen(), columns: controls.chosenColumns() };
  }

  apply(state) {
    if (this.table === undefined) return; // start() reads the controls when the table is ready
    this.state = state;
    this.show();
    this.updateAddress();
  }

  /** Searches after a short pause in typing. Until the table is ready, there is nothing to search. */
  typed() {
    clearTimeout(this.searchTimer);
    if (this.table === undefined) return;
    this.searchTimer = setTimeout(() => this.apply(this.currentState()), SEARCH_DELAY);
  }

  clear() {
    clearTimeout(this.searchTimer);
    this.controls.text.value = "";
    this.controls.text.focus();
    this.apply({ ...emptyState(this.table), sort: this.state.sort, columns: this.state.columns });
  }

  /** Sorts by a column: ascending, then descending, then back to the report's order. */
  sort(name) {
    const now = this.state.sort;
    const sort = now?.name !== name ? { name, descending: false } : now.descending ? null : { name, descending: true };
    this.apply({ ...this.currentState(), sort });
  }

  /** Writes the state into the address. Browsers limit how often that is allowed; if refused, it tries again later. */
  updateAddress() {
    clearTimeout(this.retryTimer);
    try {
      history.replaceState(null, "", location.pathname + formatQuery(this.table, this.state) + location.hash);
    } catch {
      this.retryTimer = setTimeout(() => this.updateAddress(), 5000);
    }
  }

  goToAddressed() {
    if (location.hash.startsWith("#i-")) this.live.goTo(location.hash.slice(1));
  }

  /** Goes to the row that the Tab key reaches. Without one, the link leads to the list. */
  skip(event) {
    if (this.container.dataset.state !== "live" || this.shown.length === 0) return;
    event.preventDefault();
    this.live.region.scrollIntoView({ block: "nearest" });
    this.live.go(this.live.current);
  }

  save() {
    const address = URL.createObjectURL(new Blob(csvOf(this.table, this.shown), { type: "text/csv;charset=utf-8" }));
    make("a", { href: address, download: "instances.csv" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  }

  /** Says why there is no live table. The static list stays. */
  fail(why) {
    this.container.dataset.state = "failed";
    this.controls.fail(why);
  }
}

/** The first row in sight in the static list, 0 at its top. */
function firstRow(list) {
  const region = list.querySelector(".scroll");
  const top = region.scrollTop + list.querySelector("thead").offsetHeight;
  return Math.max(0, [...list.querySelectorAll("tbody tr")].findIndex((row) => row.offsetTop + row.offsetHeight > top));
}

const container = document.querySelector(".explorer");
if (container !== null) {
  let explorer = null;
  let load = () => {};
  const controls = new Controls(container, {
    typed: () => { load(); explorer.typed(); },
    chosen: () => explorer.apply(explorer.currentState()),
    clear: () => explorer.clear(),
    save: () => explorer.save(),
    opened: () => load(),
  });
  explorer = new Explorer(container, controls);
  document.querySelector('.skip[href="#list"]').addEventListener("click", (event) => explorer.skip(event));
  const begin = () => {
    const data = globalThis.gpufleetInstances;
    if (data === undefined) {
      explorer.fail("The instance list could not be loaded, so search and filters are not available. " +
        "Reload the page to try again. The pages below list every instance.");
    } else if (data.generated_at !== container.dataset.generated) {
      explorer.fail("The instance list has changed since this page was loaded. Reload the page to search it.");
    } else {
      explorer.start(data).catch(() => {
        explorer.fail("The instance list could not be read, so search and filters are not available. " +
          "The pages below list every instance.");
      });
    }
  };
  if (!isListRequested()) load = waitToLoad(container, controls, begin);
  else if (document.readyState === "complete") begin();
  else addEventListener("load", begin);
}
