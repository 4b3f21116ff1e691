// Which rows are shown, in which order, and what they come to.

/** The words of a search. */
const wordsOf = (text) => text.toLowerCase().split(/\s+/).filter((word) => word !== "");

/** Marks the rows that show each of the words in one column or another. */
function rowsWith(table, words) {
  const all = new Uint8Array(table.count).fill(1);
  for (const word of words) {
    const one = new Uint8Array(table.count);
    for (const column of table.columns) {
      const marks = column.marks(word);
      if (marks === null) continue;
      const rows = column.rows;
      for (let row = 0; row < one.length; row++) one[row] |= marks[rows[row]];
    }
    for (let row = 0; row < one.length; row++) all[row] &= one[row];
  }
  return all;
}

/** Marks the options of a facet that are chosen; all where none is. */
function chosenOptions(facet, values) {
  const marks = new Uint8Array(facet.options.length);
  if (values.size === 0) return marks.fill(1);
  facet.options.forEach((option, number) => { if (values.has(option.value)) marks[number] = 1; });
  return marks;
}

/** The rows in the order of a column, unknown values last. Equal ones, and all without a column, as in the report. */
function ordered(table, sort) {
  const rows = new Uint32Array(table.count);
  const column = sort && table.column(sort.name);
  if (!column) return rows.map((_, row) => row);
  const starts = new Uint32Array(column.unknown + 2); // where the rows of each value begin: a counting sort
  const place = (number) => sort.down && number !== column.unknown ? column.unknown - 1 - number : number;
  const values = column.rows;
  for (let row = 0; row < rows.length; row++) starts[place(values[row]) + 1]++;
  for (let i = 1; i < starts.length; i++) starts[i] += starts[i - 1];
  for (let row = 0; row < rows.length; row++) rows[starts[place(values[row])]++] = row;
  return rows;
}

/**
 * Finds the rows that a state asks for. Returns them in their order, and for each facet how many rows each option has
 * or would have: those that all other facets let through.
 */
function find(table, state) {
  const texts = rowsWith(table, wordsOf(state.text));
  const facets = table.facets.map((facet) => ({
    rows: facet.rows,
    chosen: chosenOptions(facet, state.chosen.get(facet.name)),
    counts: new Uint32Array(facet.options.length),
  }));
  // For each row, how many facets exclude it, and the sum of their numbers: with one such facet, its number.
  const misses = new Uint8Array(table.count);
  const missed = new Uint8Array(table.count);
  facets.forEach(({ rows, chosen }, facet) => {
    for (let row = 0; row < misses.length; row++) {
      if (chosen[rows[row]] === 0) {
        misses[row]++;
        missed[row] += facet;
      }
    }
  });
  facets.forEach(({ rows, counts }, facet) => {
    for (let row = 0; row < misses.length; row++) {
      if (texts[row] === 1 && (misses[row] === 0 || misses[row] === 1 && missed[row] === facet)) counts[rows[row]]++;
    }
  });
  const order = ordered(table, state.sort);
  const shown = new Uint32Array(table.count);
  let length = 0;
  for (let i = 0; i < order.length; i++) {
    if (texts[order[i]] === 1 && misses[order[i]] === 0) shown[length++] = order[i];
  }
  return { rows: shown.subarray(0, length), counts: facets.map((facet) => facet.counts) };
}

/** What rows come to: their number, GPUs, and what those that run and those that are listed cost. */
function totalsOf(table, rows) {
  const gpus = table.column("gpu_count");
  const prices = table.column("price_per_hour");
  const status = table.column("status").rows;
  const gpuRows = new Uint32Array(gpus.unknown + 1);
  const running = new Uint32Array(prices.unknown + 1); // how many rows have each price
  const listed = new Uint32Array(prices.unknown + 1);
  for (const row of rows) {
    gpuRows[gpus.rows[row]]++;
    const state = table.statuses[status[row]];
    if (state.running) running[prices.rows[row]]++;
    if (state.listed) listed[prices.rows[row]]++;
  }
  const gpuSum = sumOf(gpus, gpuRows);
  return {
    instances: grouped(String(rows.length)),
    gpus: bounded(grouped(gpuSum.digits), rows.length - gpuRows[gpus.unknown], rows.length, "known"),
    running: costOf(table, prices, running),
    listed: costOf(table, prices, listed),
  };
}

/** The exact sum of a column's values, each as often as counts say, as digits and as units of 10 ** -decimals. */
function sumOf(column, counts) {
  column.decimals ??= column.values.reduce((most, value) => Math.max(most, decimalsOf(value)), 0);
  column.units ??= column.values.map((value) => scaled(value, column.decimals));
  let units = 0n;
  for (let number = 0; number < column.unknown; number++) {
    if (counts[number] > 0) units += column.units[number] * BigInt(counts[number]);
  }
  return { units, decimals: column.decimals, digits: unscaled(units, column.decimals) };
}

/** A cost per hour and per month. */
function costOf(table, prices, counts) {
  const of = counts.reduce((sum, count) => sum + count, 0);
  const { units, decimals, digits } = sumOf(prices, counts);
  const places = decimalsOf(table.hours);
  const month = unscaled(units * scaled(table.hours, places), decimals + places);
  const priced = of - counts[prices.unknown];
  const money = (amount) => bounded(table.currency + grouped(atLeastCents(amount)), priced, of, "priced");
  const perHour = money(digits);
  return { perHour: perHour.figure, perMonth: money(month).figure, priced, of, coverage: perHour.coverage };
}
