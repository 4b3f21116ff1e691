// Opens a report's CSV files with DuckDB and with SheetJS, by the folder data/ of the report. It prints, for each file
// and reader, the names of its columns and the distinct values of the first one, and how many instances join a group.
import { readFileSync } from "node:fs";
import { DuckDBInstance } from "@duckdb/node-api";
import XLSX from "xlsx";

const [folder, ...files] = process.argv.slice(2);
const connection = await (await DuckDBInstance.create(":memory:")).connect();
const query = async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJson();
const table = (file) => `read_csv('${`${folder}/${file}`.replaceAll("'", "''")}')`;

const found = {};
for (const file of files) {
  const columns = (await query(`DESCRIBE SELECT * FROM ${table(file)}`)).map((column) => column.column_name);
  const values = (await query(`SELECT DISTINCT strftime(generated_at, '%Y-%m-%dT%H:%M:%SZ') AS v FROM ${table(file)}`));
  const { SheetNames: [name], Sheets } = XLSX.read(readFileSync(`${folder}/${file}`), { raw: true });
  const rows = XLSX.utils.sheet_to_json(Sheets[name]);
  found[file] = {
    duckdb: { columns, values: values.map((row) => row.v) },
    sheetjs: { columns: XLSX.utils.sheet_to_json(Sheets[name], { header: 1 })[0],
      values: [...new Set(rows.map((row) => row.generated_at))] },
  };
}
const [{ joined }] = await query(`SELECT count(*) AS joined FROM ${table("instances.csv")} i
  JOIN ${table("groups.csv")} g ON g.region = i.region AND g.gpu = i.gpu_group AND g.generated_at = i.generated_at`);
console.log(JSON.stringify({ files: found, joined: Number(joined) }));
