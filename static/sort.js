// Tables of the class "sortable" sort by a click on a heading: first a text ascending or a number descending, then the
// other way round, then as the page has it. Totals in the table's foot stay there. The address has the order of each
// table, so that it can be shared: ?regions=-running-usd-per-hour for a table with the caption "Regions".

/** A text as a part of an address: "Listed (USD) per hour" is "listed-usd-per-hour". */
const slug = (text) => text.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");

const collator = new Intl.Collator("en", { numeric: true });

/** The headings of a table's columns: the lowest in each column. A column's name has the headings above it, too. */
function columnHeadings(head) {
  const grid = [...head.rows].map(() => []); // by row and column
  [...head.rows].forEach((row, y) => {
    let x = 0;
    for (const cell of row.cells) {
      while (grid[y][x]) x++;
      for (let down = 0; down < cell.rowSpan; down++) {
        for (let right = 0; right < cell.colSpan; right++) grid[y + down][x + right] = cell;
      }
      x += cell.colSpan;
    }
  });
  return grid.at(-1).map((heading, column) => {
    const above = new Set(grid.map((row) => row[column]));
    return { heading, name: slug([...above].map((cell) => cell.textContent).join(" ")) };
  });
}

/** The cell of a row in a column. Null if that column is part of a wider cell. */
function cellAt(row, column) {
  let at = 0;
  for (const cell of row.cells) {
    if (at === column) return cell.colSpan === 1 ? cell : null;
    at += cell.colSpan;
  }
  return null;
}

/** The value of a cell to sort by: a number, or a text. Null if it is unknown. The exact one is in data-value. */
function cellValue(cell, numeric) {
  if (cell === null || cell.querySelector(".unknown") !== null) return null;
  const time = cell.querySelector("time");
  if (time !== null) return time.dateTime;
  const parts = [...cell.childNodes].filter((node) => node.nodeName !== "SMALL"); // that is the coverage
  const text = cell.dataset.value ?? parts.map((node) => node.textContent).join("").trim();
  if (!numeric) return text === "" || text === "–" ? null : text;
  const found = /(−|-)?(?:[A-Z]{3} |[$€£])?(\d[\d,]*(?:\.\d+)?)/.exec(text);
  if (found === null) return null;
  const number = Number(found[2].replaceAll(",", "")) / (text.startsWith("<") ? 2 : 1); // "< $0.01" is below $0.01
  return found[1] === undefined ? number : -number;
}

class SortableTable {
  constructor(table) {
    this.name = slug(table.caption.textContent);
    this.body = table.tBodies[0];
    this.rows = [...this.body.rows]; // in the page's order
    this.columns = columnHeadings(table.tHead);
    this.columns.forEach((column) => {
      column.numeric = column.heading.classList.contains("num");
      column.own = column.heading.getAttribute("aria-sort"); // the page is sorted by it
      column.button = document.createElement("button");
      column.button.type = "button";
      column.button.className = "sort";
      column.button.append(...column.heading.childNodes);
      column.button.addEventListener("click", () => this.click(column));
      column.heading.append(column.button);
    });
    this.sorted = null; // the column, null for the page's order
    this.follow();
  }

  /** Sorts as the address says. */
  follow() {
    const order = new URLSearchParams(location.search).get(this.name) ?? "";
    const name = order.replace(/^-/, "");
    const column = this.columns.find((each) => each.name === name) ?? null;
    this.sort(column, order === name ? "ascending" : "descending");
  }

  click(column) {
    const first = column.own ?? (column.numeric ? "descending" : "ascending");
    const now = this.sorted === column ? this.direction : this.sorted === null ? column.own : null;
    if (now === null) this.sort(column, first);
    else if (now === first) this.sort(column, first === "ascending" ? "descending" : "ascending");
    else this.sort(null);
    this.updateAddress();
  }

  /** Sorts by a column, unknown values last and equal ones in the page's order. Null restores that order. */
  sort(column, direction) {
    if (column === this.sorted && (column === null || direction === this.direction)) return;
    this.sorted = column;
    this.direction = direction;
    const at = this.columns.indexOf(column);
    const valueOf = (row) => column && cellValue(cellAt(row, at), column.numeric);
    const rows = this.rows.map((row) => ({ row, value: valueOf(row) }));
    const sign = direction === "descending" ? -1 : 1;
    rows.sort(({ value: a }, { value: b }) => {
      if (a === null || b === null) return (a === null) - (b === null);
      return sign * (typeof a === "number" ? a - b : collator.compare(a, b));
    });
    this.body.append(...rows.map(({ row }) => row));
    for (const { heading, own } of this.columns) {
      const shown = heading === column?.heading ? direction : column === null ? own : null;
      if (shown === null) heading.removeAttribute("aria-sort");
      else heading.setAttribute("aria-sort", shown);
    }
  }

  /** Writes the order into the address. Browsers limit how often that is allowed; if refused, it tries again later. */
  updateAddress() {
    clearTimeout(this.retryTimer);
    const query = new URLSearchParams(location.search);
    if (this.sorted === null) query.delete(this.name);
    else query.set(this.name, (this.direction === "descending" ? "-" : "") + this.sorted.name);
    const search = query.size > 0 ? "?" + query : "";
    try {
      history.replaceState(null, "", location.pathname + search + location.hash);
    } catch {
      this.retryTimer = setTimeout(() => this.updateAddress(), 5000);
    }
  }
}

addEventListener("DOMContentLoaded", () => {
  const tables = [...document.querySelectorAll("table.sortable")]
    .filter((table) => table.tBodies.length === 1 && table.tBodies[0].rows.length > 1)
    // A page of a longer list doesn't sort, since the first row of the list can be on another page.
    .filter((table) => !table.closest(".scroll").nextElementSibling?.matches(".pager"))
    .map((table) => new SortableTable(table));
  if (tables.length > 0) addEventListener("popstate", () => tables.forEach((table) => table.follow()));
});

/**
 * Scrolls what has the focus from below a table's head and row headings, which stay in place. Browsers do so only for
 * what is outside of the region.
 */
function uncover(target) {
  const region = target.closest(".scroll");
  const cell = target.closest("th, td");
  const head = cell?.closest("table").tHead;
  if (region === null || !head || !region.contains(head)) return;
  const corner = head.rows[0].cells[0];
  const box = target.getBoundingClientRect();
  const below = head.getBoundingClientRect().bottom - box.top;
  const beside = corner.getBoundingClientRect().right - box.left;
  if (below > 0 && !head.contains(cell)) region.scrollTop -= below;
  if (beside > 0 && cell !== cell.parentNode.cells[0] && getComputedStyle(corner).position === "sticky") {
    region.scrollLeft -= beside;
  }
}

addEventListener("focusin", ({ target }) => requestAnimationFrame(() => uncover(target)));
