// The address holds the search, the filters and the sort order, so that a view can be shared:
// ?q=words&region=A&region=B&status=&finding=stopped&sort=-price_per_hour. An empty value means unknown.
// Anything else is ignored.

/** A state without search, filters or sort order. */
function emptyState(table) {
  return { text: "", chosen: new Map(table.facets.map((facet) => [facet.name, new Set()])), sort: null };
}

/** Reads the state from an address's query. */
function parseQuery(table, query) {
  const params = new URLSearchParams(query);
  const state = emptyState(table);
  state.text = (params.get("q") ?? "").slice(0, 500);
  for (const facet of table.facets) {
    const values = new Set(params.getAll(facet.name));
    for (const option of facet.options) {
      if (values.has(option.value)) state.chosen.get(facet.name).add(option.value);
    }
  }
  const sort = params.get("sort") ?? "";
  const name = sort.replace(/^-/, "");
  if (table.column(name) !== undefined) state.sort = { name, descending: sort !== name };
  return state;
}

/** Writes the state as an address's query, "" for the empty state. */
function formatQuery(state) {
  const query = new URLSearchParams();
  if (state.text.trim() !== "") query.set("q", state.text.trim());
  for (const [name, values] of state.chosen) {
    for (const value of values) query.append(name, value);
  }
  if (state.sort) query.set("sort", (state.sort.descending ? "-" : "") + state.sort.name);
  return query.size > 0 ? "?" + query : "";
}
