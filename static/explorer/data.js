// The instances by column, from data/instances.js. A column has its distinct values, sorted, and for each row the
// number of its value. So sorting compares numbers, and a search looks at each value once. Unknown is the number after
// the last value.

/** A text as searches compare it: without case, accents and forms of letters. */
function folded(text) {
  if (!/[^\0-\x7f]/.test(text)) return text.toLowerCase();
  const bare = text.normalize("NFKD").replace(/\p{M}/gu, "");
  return bare.toLowerCase().toUpperCase().toLowerCase().replaceAll("ς", "σ"); // ß and ẞ are SS in capitals
}

/** A column. By value number, `exact` returns a value for CSV, and `shown` for people. */
class Column {
  constructor(data, currency) {
    this.name = data.name;
    this.title = data.title;
    this.type = data.type;
    this.numeric = ["whole number", "number", "amount"].includes(data.type);
    this.values = data.values;
    this.longest = []; // numbers of some of the longest values
    this.unknown = data.values.length;
    this.rows = Uint32Array.from(data.rows);
    this.currency = currency;
  }

  exact(number) { return number === this.unknown ? "" : this.values[number]; }

  shown(number) {
    if (number === this.unknown) return UNKNOWN;
    const value = this.values[number];
    switch (this.type) {
      case "amount": return this.currency + grouped(atLeastCents(value));
      case "time": return timeText(value);
      case "text": return visible(value);
      default: return grouped(value);
    }
  }

  /** Marks the numbers of the values that contain a folded word. Returns null if there are none. */
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
   * Joins all shown values into one text, one per line, and stores where each line ends and which are the longest.
   * Values never contain line breaks: the program replaces them when it reads the list.
   */
  prepareSearch() {
    if (this.text !== undefined) return;
    const shown = this.type === "text"
      ? visible(this.values.join("\n")) // all at once takes less time than each by itself
      : this.values.map((_, number) => this.shown(number)).join("\n");
    if (this.unknown > 0) this.longest = longestOf(shown.split("\n"));
    this.text = folded(this.unknown === 0 ? UNKNOWN : shown + "\n" + UNKNOWN) + "\n";
    this.ends = new Uint32Array(this.unknown + 1);
    for (let number = 0, end = -1; number <= this.unknown; number++) {
      end = this.text.indexOf("\n", end + 1);
      this.ends[number] = end;
    }
  }
}

/** How many characters of a value a column has room for. */
const MAX_LENGTH = 30;

/** The indexes of some of the longest lines. With a proportional font, any of them can be the widest. */
function longestOf(lines) {
  const most = lines.reduce((most, line) => Math.max(most, line.length), 0);
  const indexes = [];
  for (let i = 0; i < lines.length && indexes.length < 20; i++) {
    if (lines[i].length >= Math.min(most, MAX_LENGTH) - 1) indexes.push(i);
  }
  return indexes;
}

/**
 * Reads the data of data/instances.js. `order` has the names of the columns in the order of the page. It awaits `pause`
 * regularly, so that the page stays responsive. The options of facets have a label, and a value for the address.
 */
async function readTable(data, order, pause) {
  const count = data.total_instances;
  const columns = [];
  for (const each of data.columns) {
    columns.push(new Column(each, data.currency_sign));
    await pause();
  }
  for (const column of columns) {
    column.prepareSearch();
    await pause();
  }
  const column = (name) => columns.find((each) => each.name === name);
  const facets = [
    ...data.dimensions.map((dimension, at) => groupFacet(dimension, data.groups, at, count)),
    columnFacet(column("status"), "Status"),
    columnFacet(column("product_type"), "Type"),
    findingFacet(data.findings),
  ].filter((facet) => facet !== null);
  const [heading, ...optional] = order.map(column).filter((each) => each !== undefined);
  return {
    count, columns, column, facets,
    heading, // the first column, which is always shown
    optional, // the others, of which those with a value are shown at first
    usual: new Set(optional.filter((each) => each.unknown > 0).map((each) => each.name)),
    statuses: data.statuses,
    currency: data.currency_sign,
    stamp: [data.generated_at, data.currency], // the first cells of each row of a CSV file
    hours: data.hours_per_month,
    anchor(row) {
      const id = column("id").exact(column("id").rows[row]);
      return data.anchors[row] ?? (id === "" ? "" : "i-" + id);
    },
  };
}

/** A facet whose rows each have one option. `sets` has the options of a row by the number in `rows`. */
const singleFacet = (facet) => ({ ...facet, sets: facet.options.map((_, number) => [number]) });

/** The facet of what needs attention, null if nothing does. A row can have several findings. */
function findingFacet({ name, names, titles, sets, rows }) {
  if (names.length === 0) return null;
  const options = names.map((value, number) => ({ label: titles[number], value }));
  return { name, title: "Needs attention", rows: Uint32Array.from(rows), options, sets };
}

/** A facet of a dimension, the `number`th. A group has an index into the names of each, then its number of rows. */
function groupFacet({ name, title, names }, groups, number, count) {
  const rows = new Uint32Array(count);
  let at = 0;
  for (const group of groups) rows.fill(group[number], at, at += group.at(-1));
  return singleFacet({ name, title, rows, options: names.map((value) => ({ label: visible(value), value })) });
}

/** A facet of a column's values, null if the report hides the column. */
function columnFacet(column, title) {
  if (column === undefined) return null;
  const options = column.values.map((value) => ({ label: visible(value), value }));
  options.push({ label: UNKNOWN, value: "" });
  return singleFacet({ name: column.name, title, rows: column.rows, options });
}
