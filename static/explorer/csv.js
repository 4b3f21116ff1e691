// The rows that are shown as CSV, to the byte as data/instances.csv has them.

/** Puts an apostrophe before text that a spreadsheet would take for a formula. */
const inert = (text) => /^[=+\-@\t\r]/.test(text) ? "'" + text : text;

/** What needs quotes. Some readers drop white space at the beginning of a field that has none. */
const special = /["\n\r,]|^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]|^\\\.$/;

/** Quotes a field where it must be. */
const quoted = (field) => special.test(field) ? '"' + field.replaceAll('"', '""') + '"' : field;

/** Returns the file's parts, a block of rows each, so that no one text is too long. */
function csvOf(table, rows) {
  const fields = table.columns.map((column) => {
    const cells = new Map(); // by the value's number: most occur often
    return (row) => {
      const number = column.rows[row];
      let cell = cells.get(number);
      if (cell === undefined) {
        const exact = column.exact(number);
        cells.set(number, cell = quoted(column.type === "text" ? inert(exact) : exact));
      }
      return cell;
    };
  });
  const parts = [table.columns.map((column) => quoted(column.name)).join(",") + "\n"];
  for (let start = 0; start < rows.length; start += 1000) {
    let block = "";
    for (const row of rows.subarray(start, start + 1000)) block += fields.map((field) => field(row)).join(",") + "\n";
    parts.push(block);
  }
  return parts;
}
