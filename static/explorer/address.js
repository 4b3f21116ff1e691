// The address holds the search, the filters and the order, so that a view can be shared:
// ?q=words&region=A&region=B&status=&sort=-price_per_hour. An empty value stands for unknown. Anything else is ignored.

/** A state in which nothing is asked for. */
function nothingAsked(table) {
  return { text: "", chosen: new Map(table.facets.map((facet) => [facet.name, new Set()])), sort: null };
}

/** Reads the state from an address's query. */
function stateOf(table, query) {
  const asked = new URLSearchParams(query);
  const state = nothingAsked(table);
  state.text = (asked.get("q") ?? "").slice(0, 500);
  for (const facet of table.facets) {
    const values = new Set(asked.getAll(facet.name));
    for (const option of facet.options) {
      if (values.has(option.value)) state.chosen.get(facet.name).add(option.value);
    }
  }
  const sort = asked.get("sort") ?? "";
  const name = sort.replace(/^-/, "");
  if (table.column(name) !== undefined) state.sort = { name, down: sort !== name };
  return state;
}

/** Writes the state as an address's query, "" where nothing is asked for. */
function queryOf(state) {
  const query = new URLSearchParams();
  if (state.text.trim() !== "") query.set("q", state.text.trim());
  for (const [name, values] of state.chosen) {
    for (const value of values) query.append(name, value);
  }
  if (state.sort) query.set("sort", (state.sort.down ? "-" : "") + state.sort.name);
  return query.size > 0 ? "?" + query : "";
}
