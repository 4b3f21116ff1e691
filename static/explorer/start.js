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
    const table = await readTable(data, pause);
    const { columns, caption } = this.container.dataset;
    this.live = new Rows(table, columns.split(" "), caption, (name) => this.sort(name));
    await pause();
    this.controls.showFacets(table);
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
    await this.live.showGradually(this.shown, this.state.sort, pause);
    await pause();
    list.remove();
    this.live.region.classList.remove("arriving");
    this.goToAddressed();
    addEventListener("popstate", () => this.followAddress());
    addEventListener("hashchange", () => this.goToAddressed());
    this.container.dataset.state = "live";
  }

  /** Follows the address after going back or forward. */
  followAddress() {
    const state = parseQuery(this.table, location.search);
    if (formatQuery(state) !== formatQuery(this.currentState())) {
      this.state = state;
      this.controls.text.value = state.text;
      this.show();
      this.goToAddressed(); // if only the row changed, the hashchange event does this
    }
  }

  show() {
    this.find();
    this.showTotals();
    this.live.show(this.shown, this.state.sort);
  }

  find() {
    const found = find(this.table, this.state);
    this.shown = found.rows;
    this.controls.show(this.state, found.counts);
  }

  showTotals() {
    this.controls.showTotals(totalsOf(this.table, this.shown), grouped(String(this.table.count)));
  }

  /** The state of the controls, which can be newer than the table. */
  currentState() {
    clearTimeout(this.searchTimer);
    return { ...this.state, text: this.controls.text.value, chosen: this.controls.chosen() };
  }

  apply(state) {
    if (this.table === undefined) return; // start() reads the controls when the table is ready
    this.state = state;
    this.show();
    this.updateAddress();
  }

  /** Searches after a short pause in typing. */
  typed() {
    clearTimeout(this.searchTimer);
    this.searchTimer = setTimeout(() => this.apply(this.currentState()), SEARCH_DELAY);
  }

  clear() {
    clearTimeout(this.searchTimer);
    this.controls.text.value = "";
    this.controls.text.focus();
    this.apply({ ...emptyState(this.table), sort: this.state.sort });
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
      history.replaceState(null, "", location.pathname + formatQuery(this.state) + location.hash);
    } catch {
      this.retryTimer = setTimeout(() => this.updateAddress(), 5000);
    }
  }

  goToAddressed() {
    if (location.hash.startsWith("#i-")) this.live.goTo(location.hash.slice(1));
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

const container = document.querySelector(".explorer");
if (container !== null) {
  let explorer = null;
  const controls = new Controls(container.querySelector(".explorer-controls"), {
    typed: () => explorer.typed(),
    chosen: () => explorer.apply(explorer.currentState()),
    clear: () => explorer.clear(),
    save: () => explorer.save(),
  });
  explorer = new Explorer(container, controls);
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
  if (document.readyState === "complete") begin();
  else addEventListener("load", begin);
}
