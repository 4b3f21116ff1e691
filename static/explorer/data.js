// The instances by columns, as data/instances.js has them: a column's values are sorted, each once, and each row has
// the number of its value. So a sort compares numbers, and a search looks at each value once. Unknown is the number
// after the last value.

/** A column. `exact` returns a value as CSV has it, `shown` as people read it, both by its number. */
class Column {
  constructor(written, currency) {
    this.name = written.name;
    this.title = written.title;
    this.type = written.type;
    this.numeric = ["whole number", "number", "amount"].includes(written.type);
    this.values = written.values;
    this.unknown = written.values.length;
    this.rows = Uint32Array.from(written.rows);
    this.currency = currency;
  }

  exact(number) { return number === this.unknown ? "" : this.values[number]; }

  shown(number) {
    if (number === this.unknown) return UNKNOWN;
    const value = this.values[number];
    switch (this.type) {
      case "amount": return this.currency + grouped(atLeastCents(value));
      case "time": return timeText(value);
      case "text": return value;
      default: return grouped(value);
    }
  }

  /** Marks the numbers of the values that contain a word in lower case, without blanks. Returns null for no match. */
  marks(word) {
    this.prepareSearch();
    let marks = null;
    for (let at = this.text.indexOf(word), number = 0; at >= 0; at = this.text.indexOf(word, this.ends[number])) {
      while (this.ends[number] <= at) number++;
      marks ??= new Uint8Array(this.unknown + 1);
      marks[number] = 1;
    }
    return marks;
  }

  /**
   * Makes one text of all that the column shows, a line per value, and notes where each line ends. No value has a line
   * break: the program replaces them when it reads the list.
   */
  prepareSearch() {
    if (this.text !== undefined) return;
    const shown = this.type === "text" ? this.values : this.values.map((_, number) => this.shown(number));
    this.text = shown.concat(UNKNOWN).join("\n").toLowerCase() + "\n";
    this.ends = new Uint32Array(this.unknown + 1);
    for (let number = 0, end = -1; number <= this.unknown; number++) {
      end = this.text.indexOf("\n", end + 1);
      this.ends[number] = end;
    }
  }
}

/**
 * Reads what data/instances.js has written. `pause` is awaited now and then, so that the page stays responsive.
 * Facets have options with a label and the value that an address names them by.
 */
async function readTable(written, pause) {
  const count = written.total_instances;
  const columns = [];
  for (const each of written.columns) {
    columns.push(new Column(each, written.currency_sign));
    await pause();
  }
  for (const column of columns) {
    column.prepareSearch();
    await pause();
  }
  const column = (name) => columns.find((each) => each.name === name);
  const facets = [
    groupFacet("region", "Region", written.regions, written.groups, 0, count),
    groupFacet("gpu", "GPU model", written.models, written.groups, 1, count),
    columnFacet(column("status"), "Status"),
    columnFacet(column("product_type"), "Type"),
  ].filter((facet) => facet !== null);
  return {
    count, columns, column, facets,
    statuses: written.statuses,
    currency: written.currency_sign,
    hours: written.hours_per_month,
    anchor(row) {
      const id = column("id").exact(column("id").rows[row]);
      return written.anchors[row] ?? (id === "" ? "" : "i-" + id);
    },
  };
}

/** A facet of what rows are grouped by. A group is [region, model, number of rows]; `part` is the facet's index. */
function groupFacet(name, title, names, groups, part, count) {
  const rows = new Uint32Array(count);
  let at = 0;
  for (const group of groups) rows.fill(group[part], at, at += group[2]);
  return { name, title, rows, options: names.map((label) => ({ label, value: label })) };
}

/** A facet of a column's values, null where the report leaves the column out. */
function columnFacet(column, title) {
  if (column === undefined) return null;
  const options = column.values.map((value) => ({ label: value, value }));
  options.push({ label: UNKNOWN, value: "" });
  return { name: column.name, title, rows: column.rows, options };
}
