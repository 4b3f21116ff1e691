// The rows shown as CSV, with the same bytes as in data/instances.csv.

/** Puts an apostrophe before text that a spreadsheet would run as a formula. */
const inert = (text) => /^[=+\-@\t\r]/.test(text) ? "'" + text : text;

/** Matches fields that need quotes. Some programs drop leading white space of unquoted fields. */
const special = /["\n\r,]|^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]|^\\\.$/;

/** Quotes a field if necessary. */
const quoted = (field) => special.test(field) ? '"' + field.replaceAll('"', '""') + '"' : field;

/** Returns the file in parts, one per block of rows, so that no string is too long. */
function csvOf(table, rows) {
  const fields = table.columns.map((column) => {
    const cells = new Map(); // by value number, since most values occur often
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
  const stamp = table.stamp.map((cell) => cell + ",").join("");
  const byteOrderMark = "\uFEFF"; // tells Excel that the file is in UTF-8
  const names = ["generated_at", "currency", ...table.columns.map((column) => column.name)];
  const parts = [byteOrderMark + names.join(",") + "\n"];
  for (let start = 0; start < rows.length; start += 1000) {
    let block = "";
    for (const row of rows.subarray(start, start + 1000)) {
      block += stamp + fields.map((field) => field(row)).join(",") + "\n";
    }
    parts.push(block);
  }
  return parts;
}
