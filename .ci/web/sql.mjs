// Runs SQL in DuckDB, in the current folder. Input is a JSON list of texts, which share one connection. It prints a
// JSON list with the result of each text's last statement: its rows, and an aligned table, "" if it has no result.
import { readFileSync } from "node:fs";
import { DuckDBInstance } from "@duckdb/node-api";

const connection = await (await DuckDBInstance.create(":memory:")).connect();

const isNumber = (type) => /^(DECIMAL|DOUBLE|FLOAT|U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?)\b/.test(String(type));

// table aligns texts to the left and numbers to the right.
function table(names, types, rows) {
  const cells = [names, ...rows.map((row) => row.map((value) => (value === null ? "NULL" : String(value))))];
  const widths = names.map((_, i) => Math.max(...cells.map((row) => row[i].length)));
  const pad = (text, i) => (isNumber(types[i]) ? text.padStart(widths[i]) : text.padEnd(widths[i]));
  const line = (row) => `${row.map(pad).join("  ").trimEnd()}\n`;
  return line(cells[0]) + line(widths.map((n) => "-".repeat(n))) + cells.slice(1).map(line).join("");
}

const results = [];
for (const sql of JSON.parse(readFileSync(0, "utf8"))) {
  const reader = await connection.runAndReadAll(sql);
  const [names, types, rows] = [reader.columnNames(), reader.columnTypes(), reader.getRowsJson()];
  const isDone = rows.length === 0 && names.join() === "Count"; // by a statement without a result
  results.push({ rows, table: isDone ? "" : table(names, types, rows) });
}
console.log(JSON.stringify(results));
