// Searching, filtering, sorting and adding up rows.

/** The words of a search. */
const wordsOf = (text) => folded(visible(text)).split(/\s+/).filter((word) => word !== "");

/** Marks the rows that contain all words, in any columns. */
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

/** Marks the sets of a facet that have a chosen option, or all if none is chosen. */
function chosenSets({ options, sets }, values) {
  return Uint8Array.from(sets, (set) => values.size === 0 || set.some((number) => values.has(options[number].value)));
}

/** The number of rows of each option, given those of each set. */
function optionCounts({ options, sets }, counts) {
  const sums = new Uint32Array(options.length);
  sets.forEach((set, i) => set.forEach((number) => { sums[number] += counts[i]; }));
  return sums;
}

/** Sorts the rows by a column, unknown values last. Otherwise rows keep the report's order. */
function ordered(table, sort) {
  const rows = new Uint32Array(table.count);
  const column = sort && table.column(sort.name);
  if (!column) return rows.map((_, row) => row);
  const starts = new Uint32Array(column.unknown + 2); // counting sort: where the rows of each value begin
  const position = (number) => sort.descending && number !== column.unknown ? column.unknown - 1 - number : number;
  const values = column.rows;
  for (let row = 0; row < rows.length; row++) starts[position(values[row]) + 1]++;
  for (let i = 1; i < starts.length; i++) starts[i] += starts[i - 1];
  for (let row = 0; row < rows.length; row++) rows[starts[position(values[row])]++] = row;
  return rows;
}

/**
 * Finds the rows that match a state. Returns them in order and, for each facet, the number of rows of each option,
 * ignoring that facet's own filter.
 */
function find(table, state) {
  const texts = rowsWith(table, wordsOf(state.text));
  const facets = table.facets.map((facet) => ({
    rows: facet.rows,
    chosen: chosenSets(facet, state.chosen.get(facet.name)),
    counts: new Uint32Array(facet.sets.length),
  }));
  // For each row, the number of facets that exclude it, and the sum of their indexes: if it is one facet, its index.
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
  const counts = facets.map((facet, i) => optionCounts(table.facets[i], facet.counts));
  return { rows: shown.subarray(0, length), counts };
}

/** Adds up rows: instances, GPUs, running cost and listed cost. */
function totalsOf(table, rows) {
  const gpus = table.column("gpu_count");
  const prices = table.column("price_per_hour");
  const status = table.column("status").rows;
  const gpuRows = new Uint32Array(gpus.unknown + 1);
  const running = new Uint32Array(prices.unknown + 1); // number of rows with each price
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
    gpus: withCoverage(grouped(gpuSum.digits), rows.length - gpuRows[gpus.unknown], rows.length, "known"),
    running: costOf(table, prices, running),
    listed: costOf(table, prices, listed),
  };
}

/** The exact sum of a column's values times their counts, as digits and as units of 10 ** -decimals. */
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
  const money = (amount) => withCoverage(table.currency + grouped(atLeastCents(amount)), priced, of, "priced");
  const perHour = money(digits);
  return { perHour: perHour.figure, perMonth: money(month).figure, priced, of, coverage: perHour.coverage };
}
