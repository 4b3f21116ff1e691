// Computes in SQL what data/spend.json must say, from the rows of the readings.
// usage: spend.mjs ROWS.csv EXPECTED_SECONDS
// The CSV has the columns read_at,id,region,gpu,status,price,gpus,created_at,started_at; times are seconds since 1970, and
// empty is unknown. A line without a region is a reading without instances. It prints JSON: for each month, day, region
// in a day and group in a month the sums in price x seconds, exact and as cents.
import { DuckDBInstance } from '@duckdb/node-api';

const [file, every] = process.argv.slice(2);
const connection = await (await DuckDBInstance.create(':memory:')).connect();
const query = async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJson();

await query(`
CREATE TABLE rows_read AS SELECT * FROM read_csv('${file.replaceAll("'", "''")}', header = true, columns = {
  'read_at': 'BIGINT', 'id': 'VARCHAR', 'region': 'VARCHAR', 'gpu': 'VARCHAR', 'status': 'VARCHAR',
  'price': 'DECIMAL(12,4)', 'gpus': 'INTEGER', 'created_at': 'BIGINT', 'started_at': 'BIGINT'});

CREATE TABLE intervals AS SELECT * FROM (
  SELECT lag(read_at) OVER (ORDER BY read_at) AS t1, read_at AS t2 FROM (SELECT DISTINCT read_at FROM rows_read)) WHERE t1 IS NOT NULL;

-- What each instance counts for, by rate. Rows without an id are one instance for each group: its price is the sum of
-- those that are known, and the hours of the others are unpriced.
CREATE TABLE counted AS
WITH each AS (
  SELECT *, rate, CASE rate WHEN 'listed' THEN status NOT IN ('Deleted', 'Canceled', 'Completed', 'Booked')
    ELSE status = 'Running' END AS counts,
    CASE rate WHEN 'gpu' THEN gpus::DECIMAL(12,4) ELSE price END AS value
  FROM rows_read, (VALUES ('running'), ('listed'), ('gpu')) AS rates(rate) WHERE region IS NOT NULL)
SELECT read_at, 'id ' || id AS key, rate, region, gpu, counts, value, 0 AS unpriced, created_at,
  CASE WHEN rate = 'listed' THEN NULL ELSE started_at END AS started_at
FROM each WHERE id IS NOT NULL
UNION ALL
SELECT read_at, 'group ' || region || '/' || gpu, rate, region, gpu, bool_or(counts),
  coalesce(sum(value) FILTER (counts), 0)::DECIMAL(12,4), count(*) FILTER (counts AND value IS NULL), NULL, NULL
FROM each WHERE id IS NULL GROUP BY ALL;

-- Each instance at each reading, with what it was at the reading before.
CREATE TABLE pairs AS
WITH grid AS (
  SELECT k.key, k.rate, r.read_at, c.* EXCLUDE (key, rate, read_at), c.key IS NOT NULL AS here
  FROM (SELECT DISTINCT key, rate FROM counted) k CROSS JOIN (SELECT DISTINCT read_at FROM rows_read) r
  LEFT JOIN counted c ON c.key = k.key AND c.rate = k.rate AND c.read_at = r.read_at)
SELECT key, rate, read_at AS t2, lag(read_at) OVER w AS t1, here AS here2, lag(here) OVER w AS here1,
  here AND counts AS counts2, coalesce(lag(here AND counts) OVER w, false) AS counts1,
  CASE WHEN here AND counts THEN value WHEN true THEN 0 END AS v2,
  lag(CASE WHEN here AND counts THEN value WHEN true THEN 0 END) OVER w AS v1,
  region AS region2, gpu AS gpu2, lag(region) OVER w AS region1, lag(gpu) OVER w AS gpu1,
  coalesce(unpriced, 0) + coalesce(lag(unpriced) OVER w, 0) AS others, created_at, started_at
FROM grid WINDOW w AS (PARTITION BY key, rate ORDER BY read_at);

-- The table of cases, in quarters: x and y are rates per second.
CREATE TABLE costs AS
WITH moments AS (
  SELECT *, t2 - t1 > 2 * ${Number(every)} AS gap,
    CASE WHEN NOT here1 AND here2 AND key LIKE 'id %' THEN coalesce(started_at, created_at) END AS moment,
    rate = 'listed' OR started_at IS NOT NULL AS sure
  FROM pairs WHERE t1 IS NOT NULL AND (here1 OR here2)),
cases AS (
  SELECT *, coalesce(moment BETWEEN t1 AND t2, false) AS known FROM moments)
SELECT rate, t1, t2, here1, here2, region1, gpu1, region2, gpu2,
  CASE WHEN known THEN moment ELSE t1 END AS since,
  CASE WHEN gap OR (known AND NOT sure) THEN 0 WHEN known THEN coalesce(v2, 0)
    WHEN v1 IS NULL OR v2 IS NULL THEN 0 ELSE least(v1, v2) END AS low,
  CASE WHEN known THEN coalesce(v2, 0) * 2
    WHEN counts1 AND counts2 AND (v1 IS NULL) <> (v2 IS NULL) THEN coalesce(v1, v2)
    WHEN v1 IS NULL OR v2 IS NULL THEN 0 ELSE v1 + v2 END AS estimate_halves,
  CASE WHEN known THEN coalesce(v2, 0)
    WHEN counts1 AND counts2 AND (v1 IS NULL) <> (v2 IS NULL) THEN coalesce(v1, v2)
    WHEN v1 IS NULL OR v2 IS NULL THEN 0 ELSE greatest(v1, v2) END AS high,
  CASE WHEN known THEN CASE WHEN counts2 AND v2 IS NULL THEN 2 ELSE 0 END
    WHEN v1 IS NOT NULL AND v2 IS NOT NULL THEN 0
    WHEN counts1 AND counts2 AND v1 IS NULL AND v2 IS NULL THEN 2 ELSE 1 END + others AS unpriced_halves
FROM cases;

CREATE TABLE days AS SELECT unnest(range((SELECT min(t1) // 86400 FROM intervals),
  (SELECT max(t2) // 86400 + 1 FROM intervals))) * 86400 AS day;

-- In quarters: an estimate has halves, and half goes to each of two groups.
CREATE TABLE parts AS
WITH grouped AS (
  SELECT *, coalesce(region2, region1) AS region, coalesce(gpu2, gpu1) AS gpu,
    CASE WHEN here1 AND here2 AND (region1, gpu1) <> (region2, gpu2) THEN 1 ELSE 2 END AS share FROM costs
  UNION ALL
  SELECT *, region1, gpu1, 1 FROM costs WHERE here1 AND here2 AND (region1, gpu1) <> (region2, gpu2))
SELECT rate, day, region, gpu, s * share * low * 2 AS low, s * share * estimate_halves AS estimate,
  s * share * high * 2 AS high, s * share * unpriced_halves AS unpriced
FROM (SELECT *, (least(t2, day + 86400) - greatest(since, day))::DECIMAL(9,0) AS s FROM grouped, days
  WHERE since < day + 86400 AND t2 > day) WHERE s > 0;
`);

const sums = `rate, sum(low)::VARCHAR AS low, sum(estimate)::VARCHAR AS estimate, sum(high)::VARCHAR AS high,
  sum(unpriced)::VARCHAR AS unpriced,
  -- 4 quarters x 3600 seconds, in 10,000ths; half a cent more rounds half up
  ((sum(estimate) * 10000)::HUGEINT * 100 + 72000000) // 144000000 AS cents
  FROM parts GROUP BY ALL ORDER BY ALL`;
const date = (format) => `strftime(make_timestamp(day * 1000000), '${format}')`;
console.log(JSON.stringify({
  months: await query(`SELECT ${date('%Y-%m')} AS name, ${sums}`),
  days: await query(`SELECT ${date('%Y-%m-%d')} AS name, ${sums}`),
  regions: await query(`SELECT ${date('%Y-%m-%d')} || ' ' || region AS name, ${sums}`),
  groups: await query(`SELECT ${date('%Y-%m')} || ' ' || region || ' ' || gpu AS name, ${sums}`),
}));
