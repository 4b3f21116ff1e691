// Opens a workbook with ExcelJS and with SheetJS, and prints what each finds in it.
import { readFileSync } from "node:fs";
import ExcelJS from "exceljs";
import XLSX from "xlsx";

const headerRow = 4;

// summary returns the names of the sheets, the rows of Instances, the sum of its column GPUs, and the formula and the
// value of Summary!D6.
function summary(sheets, rows, cell) {
  const [header, ...instances] = rows.slice(headerRow - 1);
  const gpus = header.indexOf("GPUs");
  return {
    sheets,
    instances: instances.length,
    gpus: instances.reduce((sum, row) => sum + (row[gpus] ?? 0), 0),
    ...cell,
  };
}

const file = process.argv[2];

const book = new ExcelJS.Workbook();
await book.xlsx.readFile(file);
const rows = [];
book.getWorksheet("Instances").eachRow({ includeEmpty: true }, (row) => rows.push(row.values.slice(1)));
const { formula, result } = book.getWorksheet("Summary").getCell("D6").value;
const exceljs = summary(book.worksheets.map((sheet) => sheet.name), rows, { formula, value: result });

const { SheetNames, Sheets } = XLSX.read(readFileSync(file));
const { f, v } = Sheets.Summary.D6;
const sheetjs = summary(SheetNames, XLSX.utils.sheet_to_json(Sheets.Instances, { header: 1 }), { formula: f, value: v });

console.log(JSON.stringify({ exceljs, sheetjs }));
