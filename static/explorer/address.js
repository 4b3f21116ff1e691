// The address holds the search, the filters, the sort order and the columns, so that a view can be shared:
// ?q=words&region=A&region=B&status=&finding=stopped&sort=-price_per_hour&show=gpu_type&hide=os. An empty value means
// unknown. show and hide are the columns that differ from the usual ones. Anything else is ignored.

/** A state without search, filters or sort order, and with the usual columns. */
function emptyState(table) {
  return {
    text: "",
    chosen: new Map(table.facets.map((facet) => [facet.name, new Set()])),
    sort: null,
    columns: new Set(table.usual),
  };
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
  for (const { name } of table.optional) {
    if (params.getAll("show").includes(name)) state.columns.add(name);
    if (params.getAll("hide").includes(name)) state.columns.delete(name);
  }
  return state;
}

/** Writes the state as an address's query, "" for the empty state. */
function formatQuery(table, state) {
  const query = new URLSearchParams();
  if (state.text.trim() !== "") query.set("q", state.text.trim());
  for (const [name, values] of state.chosen) {
    for (const value of values) query.append(name, value);
  }
  if (state.sort) query.set("sort", (state.sort.descending ? "-" : "") + state.sort.name);
  for (const { name } of table.optional) {
    const shown = state.columns.has(name);
    if (shown !== table.usual.has(name)) query.append(shown ? "show" : "hide", name);
  }
  return query.size > 0 ? "?" + query : "";
}
