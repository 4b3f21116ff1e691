package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// TestArchiveSumsDuckDB compares the archive of the sample with its report, for both rates.
func TestArchiveSumsDuckDB(t *testing.T) {
	t.Parallel()
	for _, bill := range []string{"running", "listed"} {
		t.Run(bill, func(t *testing.T) {
			t.Parallel()
			dir := archiveDemo(t, "--bill", bill)
			compareArchive(t, dir, map[string]int{"month": 3, "day": 61, "group": 45, "region": 150, "gpu": 200,
				"owner": 200, "account": 90})
			shown := `SELECT count(public_ipv4) FROM 'out/archive/instances/*/*.parquet'`
			if rows := inDuckDB(t, dir, shown)[0].Rows; fmt.Sprint(rows) != "[[0]]" {
				t.Errorf("the archive of a public report has %v addresses", rows)
			}
		})
	}
}

// compareArchive compares out/archive with out/archive-report in a folder: what each month, day and name has cost, the
// hours without a price, and the numbers of instances. The files must be sorted. atLeast has the number of sums of each
// kind.
func compareArchive(t *testing.T, dir string, atLeast map[string]int) {
	t.Helper()
	results := inDuckDB(t, dir, archiveViews, sumsByName, `SELECT kind, count(*)::INTEGER FROM sums GROUP BY kind`,
		wrongSums, wrongUnpriced, wrongCounts, unsortedRows("readings", "account", "fetched_at"),
		unsortedRows("instances", "account", "region", "gpu", "id", "fetched_at"),
		unsortedRows("charges", "BillingAccountName", "RegionId", "x_GpuModel", "ResourceId"),
		unsortedRows("unpriced", "account", "id"))
	for _, row := range results[2].Rows {
		kind := row[0].(string)
		if n := int(row[1].(float64)); n < atLeast[kind] {
			t.Errorf("only %d sums by %s", n, kind)
		}
		delete(atLeast, kind)
	}
	if len(atLeast) > 0 {
		t.Errorf("no sums of %v", atLeast)
	}
	for i, what := range []string{"sums differ from the report's", "hours without a price differ from the report's",
		"numbers of instances differ", "readings are not sorted", "instances are not sorted", "charges are not sorted",
		"hours without a price are not sorted"} {
		if wrong := results[3+i]; len(wrong.Rows) > 0 {
			t.Errorf("%s:\n%s", what, wrong.Table)
		}
	}
}

// spendColumns are the parts of data/spend.json that are compared.
const (
	spendRate    = `STRUCT(price_seconds VARCHAR[], unpriced_hours VARCHAR)`
	spendRates   = `running ` + spendRate + `, listed ` + spendRate
	spendNames   = `STRUCT(name VARCHAR, ` + spendRates + `)[]`
	spendColumns = `bill: 'VARCHAR',
		months: 'STRUCT(month VARCHAR, ` + spendRates + `, groups STRUCT(region VARCHAR, gpu VARCHAR, owner VARCHAR,
			account VARCHAR, ` + spendRates + `)[])[]',
		days: 'STRUCT(date VARCHAR, ` + spendRates + `, "by" STRUCT(region ` + spendNames + `, gpu ` + spendNames + `,
			owner ` + spendNames + `, account ` + spendNames + `))[]'`
)

// archiveViews are the tables of the archive, and the costs in the report at the billed rate.
const archiveViews = `
SET TimeZone = 'UTC';
CREATE VIEW readings AS FROM 'out/archive/readings/*/*.parquet';
CREATE VIEW instances AS FROM 'out/archive/instances/*/*.parquet';
CREATE VIEW charges AS FROM 'out/archive/charges/*/*/*.parquet';
CREATE VIEW unpriced AS FROM 'out/archive/unpriced/*/*.parquet';
CREATE TABLE report AS
  WITH file AS (FROM read_json('out/archive-report/data/spend.json', columns = {` + spendColumns + `})),
  months AS (SELECT bill, unnest(months) AS m FROM file),
  days AS (SELECT bill, unnest(days) AS d FROM file),
  names AS (
    SELECT bill, d.date, 'region' AS kind, unnest(d."by".region) AS n FROM days UNION ALL BY NAME
    SELECT bill, d.date, 'gpu' AS kind, unnest(d."by".gpu) AS n FROM days UNION ALL BY NAME
    SELECT bill, d.date, 'owner' AS kind, unnest(d."by".owner) AS n FROM days UNION ALL BY NAME
    SELECT bill, d.date, 'account' AS kind, unnest(d."by".account) AS n FROM days),
  groups AS (SELECT bill, m.month, unnest(m.groups) AS g FROM months),
  each AS (
    SELECT 'month' AS kind, m.month AS name, CASE bill WHEN 'listed' THEN m.listed ELSE m.running END AS c FROM months
    UNION ALL SELECT 'day', d.date::VARCHAR, CASE bill WHEN 'listed' THEN d.listed ELSE d.running END FROM days
    UNION ALL SELECT kind, date || ' ' || n.name, CASE bill WHEN 'listed' THEN n.listed ELSE n.running END FROM names
    UNION ALL SELECT 'group', concat_ws(' ', month, g.region, g.gpu, g.owner, g.account),
      CASE bill WHEN 'listed' THEN g.listed ELSE g.running END FROM groups)
  SELECT kind, name, list_transform(c.price_seconds, x -> x::DECIMAL(38, 10)) AS price_seconds,
    c.unpriced_hours::DECIMAL(20, 6) AS unpriced_hours FROM each;
`

// sumsByName adds up the charges by the same names. Each row may be wrong by a millionth of an hour.
const sumsByName = `
CREATE TABLE sums AS
  WITH rows AS (
    SELECT *, coalesce(RegionName, 'Unknown region') AS region, Tags->>'owner' AS owner,
      0.000001 * ContractedUnitPrice AS allowed FROM charges),
  each AS (
    SELECT 'month' AS kind, billing_period AS name, * FROM rows
    UNION ALL SELECT 'day', date::VARCHAR, * FROM rows
    UNION ALL SELECT 'group', concat_ws(' ', billing_period, region, x_GpuModel, owner, BillingAccountName), * FROM rows
    UNION ALL SELECT kind, date || ' ' || part, * EXCLUDE (kind, part) FROM (
      SELECT *, unnest(['region', 'gpu', 'owner', 'account']) AS kind,
        unnest([region, x_GpuModel, owner, BillingAccountName]) AS part FROM rows) WHERE part IS NOT NULL)
  SELECT kind, name, sum(EffectiveCost) AS cost, sum(x_LowCost) AS low, sum(x_HighCost) AS high, sum(allowed) AS allowed
  FROM each GROUP BY kind, name;
`

// wrongSums are those that differ from the report's. The names of days are kept for two months only, and a name in the
// report may have cost nothing.
const wrongSums = `
SELECT kind, name, cost, low, high, price_seconds, allowed FROM sums FULL JOIN report USING (kind, name)
WHERE (kind IN ('month', 'day', 'group') OR left(name, 7) IN (SELECT DISTINCT left(name, 7) FROM report
    WHERE kind = 'region'))
  AND NOT (coalesce(abs(coalesce(low, 0) - price_seconds[1] / 3600) <= coalesce(allowed, 0) + 1e-9, false)
    AND coalesce(abs(coalesce(cost, 0) - price_seconds[2] / 3600) <= coalesce(allowed, 0) + 1e-9, false)
    AND coalesce(abs(coalesce(high, 0) - price_seconds[3] / 3600) <= coalesce(allowed, 0) + 1e-9, false))
ORDER BY ALL LIMIT 20`

const wrongUnpriced = `
WITH found AS (
  SELECT 'day' AS kind, date::VARCHAR AS name, sum(hours) AS hours, count(*) AS n FROM unpriced GROUP BY ALL
  UNION ALL SELECT 'month', strftime(date, '%Y-%m'), sum(hours), count(*) FROM unpriced GROUP BY ALL
  UNION ALL SELECT 'account', date || ' ' || account, sum(hours), count(*) FROM unpriced WHERE account IS NOT NULL
    GROUP BY ALL)
SELECT kind, name, hours, unpriced_hours FROM report LEFT JOIN found USING (kind, name)
WHERE kind IN ('day', 'month', 'account')
  AND abs(coalesce(hours, 0) - unpriced_hours) > 0.000001 * (coalesce(n, 0) + 1)
ORDER BY ALL LIMIT 20`

// wrongCounts are readings whose rows differ from their number, or from the report's figures of that day.
const wrongCounts = `
WITH days AS (SELECT unnest(days) AS d FROM read_json('out/archive-report/data/history.json', sample_size = -1)),
counted AS (
  SELECT fetched_at, account, count(*) AS n, count(*) FILTER (WHERE running) AS running,
    count(*) FILTER (WHERE listed) AS listed, sum(price_per_hour) FILTER (WHERE running) AS per_hour
  FROM instances GROUP BY ALL),
joined AS (
  SELECT r.fetched_at, r.account, instances, c.* EXCLUDE (fetched_at, account)
  FROM readings r FULL JOIN counted c
    ON c.fetched_at = r.fetched_at AND c.account IS NOT DISTINCT FROM r.account),
together AS (
  SELECT fetched_at, sum(n) AS n, sum(running) AS running, sum(listed) AS listed, sum(per_hour) AS per_hour
  FROM joined GROUP BY ALL)
SELECT fetched_at, account, instances, n FROM joined WHERE instances IS DISTINCT FROM coalesce(n, 0)
UNION ALL
SELECT coalesce(fetched_at, d.taken::TIMESTAMPTZ), 'all', d.instances, n
FROM days LEFT JOIN together ON fetched_at = d.taken::TIMESTAMPTZ
WHERE fetched_at IS NULL OR d.instances <> coalesce(n, 0) OR d.running.instances <> coalesce(running, 0)
  OR d.listed.instances <> coalesce(listed, 0)
  OR d.running.per_hour::DECIMAL(38, 12) <> coalesce(per_hour, 0)
LIMIT 20`

// unsortedRows are rows that come before the row above them, byte by byte. No text is empty, so "" stands for NULL.
func unsortedRows(table string, columns ...string) string {
	keys := make([]string, len(columns))
	for i, column := range columns {
		keys[i] = "coalesce(encode(" + column + "), '')"
		if column == "fetched_at" {
			keys[i] = "encode(strftime(fetched_at, '%Y-%m-%d %H:%M:%S'))"
		}
	}
	key := "row(" + strings.Join(keys, ", ") + ")"
	return fmt.Sprintf(`SELECT filename, file_row_number FROM
		read_parquet('out/archive/%s/**/*.parquet', filename = true, file_row_number = true)
		QUALIFY %s < lag(%[2]s) OVER (PARTITION BY filename ORDER BY file_row_number) LIMIT 20`, table, key)
}
