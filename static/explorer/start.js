// The live table over all instances, in the place of the page's own list, which stays for whoever can't have it.

const PATIENCE = 60; // milliseconds without a key before what was typed counts

/** Lets the browser do what waits, and then goes on. */
const pause = () => new Promise((resume) => setTimeout(resume));

class Explorer {
  constructor(place, controls) {
    this.place = place;
    this.controls = controls;
  }

  /** Makes the table, in steps that leave the page to the browser in between. */
  async start(written) {
    const table = await readTable(written, pause);
    const { columns, caption } = this.place.dataset;
    this.live = new Rows(table, columns.split(" "), caption, (name) => this.sort(name));
    await pause();
    this.controls.showFacets(table);
    this.controls.text.value ||= stateOf(table, location.search).text;
    this.table = table;
    this.state = { ...stateOf(table, location.search), text: this.controls.text.value };
    this.find();
    await pause();
    this.showTotals();
    await pause();
    const list = this.place.querySelector(".explorer-static");
    this.live.region.classList.add("arriving");
    list.before(this.live.region);
    await this.live.arrive(this.shown, this.state.sort, pause);
    await pause();
    list.remove();
    this.live.region.classList.remove("arriving");
    this.goToAddressed();
    addEventListener("popstate", () => this.moved());
    addEventListener("hashchange", () => this.goToAddressed());
    this.place.dataset.state = "live";
  }

  /** Follows an address that readers have gone back or forth to. */
  moved() {
    const state = stateOf(this.table, location.search);
    if (queryOf(state) !== queryOf(this.wanted())) {
      this.state = state;
      this.controls.text.value = state.text;
      this.show();
      this.goToAddressed(); // not where the row alone changed: that is a hashchange too, and the focus should move once
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

  /** What the controls say now, which may be newer than what is shown. */
  wanted() {
    clearTimeout(this.timer);
    return { ...this.state, text: this.controls.text.value, chosen: this.controls.chosen() };
  }

  ask(state) {
    if (this.table === undefined) return; // what is asked before there is a table counts when it comes
    this.state = state;
    this.show();
    this.remember();
  }

  /** Searches for what is typed, once nothing more comes. */
  typed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(this.wanted()), PATIENCE);
  }

  clear() {
    clearTimeout(this.timer);
    this.controls.text.value = "";
    this.controls.text.focus();
    this.ask({ ...nothingAsked(this.table), sort: this.state.sort });
  }

  /** Sorts by a column: upwards, then downwards, then in the report's order again. */
  sort(name) {
    const now = this.state.sort;
    const sort = now?.name !== name ? { name, down: false } : now.down ? null : { name, down: true };
    this.ask({ ...this.wanted(), sort });
  }

  /** Writes the state into the address. A browser refuses too many writes in a short time: then it tries later. */
  remember() {
    clearTimeout(this.later);
    try {
      history.replaceState(null, "", location.pathname + queryOf(this.state) + location.hash);
    } catch {
      this.later = setTimeout(() => this.remember(), 5000);
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

  /** Says why there is no live table. The page's own list is still there. */
  fail(why) {
    this.place.dataset.state = "failed";
    this.controls.fail(why);
  }
}

const place = document.querySelector(".explorer");
if (place !== null) {
  let explorer = null;
  const controls = new Controls(place.querySelector(".explorer-controls"), {
    typed: () => explorer.typed(),
    chosen: () => explorer.ask(explorer.wanted()),
    clear: () => explorer.clear(),
    save: () => explorer.save(),
  });
  explorer = new Explorer(place, controls);
  const begin = () => {
    const written = globalThis.gpufleetInstances;
    if (written === undefined) {
      explorer.fail("The list could not be loaded, so it can't be searched here. " +
        "Reload the page to try again; the pages below have all of it.");
    } else if (written.generated_at !== place.dataset.generated) {
      explorer.fail("The list has been made anew since this page. Reload the page to search it.");
    } else {
      explorer.start(written).catch(() => {
        explorer.fail("The list could not be read, so it can't be searched here. The pages below have all of it.");
      });
    }
  };
  if (document.readyState === "complete") begin();
  else addEventListener("load", begin);
}
