package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sqlResult is the result of SQL: its rows, and the same as an aligned table.
type sqlResult struct {
	Rows  [][]any
	Table string
}

// inDuckDB runs SQL in a folder, on one connection. Without DuckDB, the test is skipped.
func inDuckDB(t *testing.T, dir string, texts ...string) (results []sqlResult) {
	t.Helper()
	const checks = "reading the archive with DuckDB"
	if _, err := os.Stat(root + "/.ci/web/node_modules/@duckdb/node-api"); err != nil {
		Skip(t, checks, "an npm package of .ci/web/package.json")
	}
	script, err := filepath.Abs(root + "/.ci/web/sql.mjs")
	if err != nil {
		t.Fatal(err)
	}
	input, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	node := exec.Command(Need(t, "node", checks), script)
	node.Dir, node.Stdin, node.Stderr = dir, bytes.NewReader(input), &stderr
	output, err := node.Output()
	if err != nil || json.Unmarshal(output, &results) != nil || len(results) != len(texts) {
		t.Fatalf("%v: %s", err, &stderr)
	}
	return results
}

// archiveDemo does what make archive-demo does, in a temporary folder, and returns that.
func archiveDemo(t *testing.T, args ...string) string {
	t.Helper()
	makefile := document(t, "Makefile")
	at := regexp.MustCompile(`(?m)^ARCHIVE_TIME = (\d+)$`).FindStringSubmatch(makefile)
	recipe := regexp.MustCompile(`\tSOURCE_DATE_EPOCH=\$\(ARCHIVE_TIME\) go run \. (.*)\n`).FindStringSubmatch(makefile)
	if at == nil || recipe == nil {
		t.Fatal("make archive-demo is another command")
	}
	dir := quickDir(t)
	for _, arg := range strings.Fields(recipe[1]) {
		if strings.HasPrefix(arg, "out/") {
			arg = filepath.Join(dir, arg)
		}
		args = append(args, arg)
	}
	if o := (job{args: args, env: []string{"SOURCE_DATE_EPOCH=" + at[1]}}).run(t); o.code != 0 {
		t.Fatalf("exit code %d: %s", o.code, o.stderr)
	}
	return dir
}

// TestArchiveGuideDuckDB runs the SQL of the guide to the archive, and compares the outputs with those in the guide,
// byte for byte. The flag -update writes them.
func TestArchiveGuideDuckDB(t *testing.T) {
	t.Parallel()
	guide := document(t, archiveGuide)
	// A block of SQL, and its output if it has one.
	examples := regexp.MustCompile("(?s)```sql\n(.*?)```\n(?:\n```text\n.*?```\n)?")
	var texts []string
	for _, match := range examples.FindAllStringSubmatch(guide, -1) {
		texts = append(texts, match[1])
	}
	dir := archiveDemo(t)
	results := inDuckDB(t, dir, texts...)
	outputs := 0
	got := examples.ReplaceAllStringFunc(guide, func(string) string {
		block := "```sql\n" + texts[0] + "```\n"
		if table := results[0].Table; table != "" {
			block += "\n```text\n" + table + "```\n"
			outputs++
		}
		texts, results = texts[1:], results[1:]
		return block
	})
	if *update {
		write(t, filepath.Join(root, archiveGuide), got)
	}
	if diff := cmp.Diff(guide, got); diff != "" && !*update {
		t.Errorf("%s: %s", archiveGuide, diff)
	}
	if outputs < 11 { // that of the CSV file has two
		t.Errorf("only %d outputs", outputs)
	}
	explained, rules := map[string]string{}, []string{}
	for _, table := range archiveTables {
		_, section, _ := strings.Cut(guide, "\n### Columns of "+table+"\n")
		section, _, _ = strings.Cut(section, "\n##")
		row := regexp.MustCompile("(?m)^\\| `(.*?)` \\| (.*?) \\| (.*?) \\|")
		for _, row := range row.FindAllStringSubmatch(section, -1) {
			explained[table] += row[1] + " " + row[2] + "\n"
			if wrong := map[string]string{"never": " IS NULL", "always": " IS NOT NULL"}[row[3]]; wrong != "" {
				rules = append(rules, fmt.Sprintf(
					"SELECT DISTINCT '%s' AS name FROM 'out/archive/%s/**/*.parquet' WHERE %[1]s%[3]s", row[1], table, wrong))
			}
		}
	}
	if diff := cmp.Diff(columnsInDuckDB(t, dir), explained); diff != "" {
		t.Errorf("%s explains other columns: %s", archiveGuide, diff)
	}
	if wrong := inDuckDB(t, dir, strings.Join(rules, " UNION ALL "))[0]; len(wrong.Rows) > 0 || len(rules) < 40 {
		t.Errorf("of %d columns that are never or always null, these are not:\n%s", len(rules), wrong.Table)
	}
}

// archiveTables are the tables of an archive, and duckTypes the types in the guide by those of DuckDB.
var (
	archiveTables = []string{"readings", "instances", "charges", "unpriced"}
	duckTypes     = map[string]string{"VARCHAR": "text", "BIGINT": "whole number", "DOUBLE": "number",
		"DECIMAL(38,12)": "amount", "TIMESTAMP WITH TIME ZONE": "time", "BOOLEAN": "yes or no"}
)

// columnsInDuckDB returns the columns of each table that DuckDB finds in out/archive, each with its type. Every file of
// a table must have the same.
func columnsInDuckDB(t *testing.T, dir string) map[string]string {
	t.Helper()
	var texts []string
	for _, table := range archiveTables {
		files := fmt.Sprintf("'out/archive/%s/**/*.parquet'", table)
		texts = append(texts, "DESCRIBE FROM read_parquet("+files+", hive_partitioning = false)",
			`SELECT columns, count(*) FROM (SELECT file_name, string_agg(concat_ws(' ', name, type, type_length,
				repetition_type, converted_type, logical_type, scale, precision), ', ') AS columns
				FROM parquet_schema(`+files+`) GROUP BY file_name) GROUP BY columns`)
	}
	columns := map[string]string{}
	results := inDuckDB(t, dir, texts...)
	for i, table := range archiveTables {
		for _, row := range results[2*i].Rows {
			columns[table] += fmt.Sprintln(row[0], duckTypes[row[1].(string)])
		}
		if schemas := results[2*i+1].Rows; len(schemas) != 1 {
			t.Errorf("files of %s have different columns: %v", table, schemas)
		}
	}
	return columns
}
