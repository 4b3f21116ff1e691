package e2e

import (
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/xuri/excelize/v2"
)

// naughtySite returns the files of a report in which each naughty text is in every field of a row. It is made once.
func naughtySite(t testing.TB) map[string]string {
	t.Helper()
	naughtyOnce.Lock()
	defer naughtyOnce.Unlock()
	if naughtyOnce.files == nil {
		_, naughtyOnce.files = siteOf(t, naughty(t), "--audience", "internal")
	}
	return naughtyOnce.files
}

var naughtyOnce struct {
	sync.Mutex
	files map[string]string
}

// TestSpreadsheetsAreInert renders every naughty text. No cell of a CSV file may begin like a formula, the workbook
// may contain only the program's own formulas, and nothing in it may lead to the outside or run.
func TestSpreadsheetsAreInert(t *testing.T) {
	t.Parallel()
	files := naughtySite(t)
	tables := 0
	for name, text := range files {
		if path.Ext(name) != ".csv" {
			continue
		}
		tables++
		rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, row := range rows {
			for _, cell := range row {
				if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
					t.Errorf("%s: a cell begins a formula: %q", name, cell)
				}
			}
		}
	}
	if tables < 2 {
		t.Errorf("%d CSV files", tables)
	}
	formulas := 0
	element := regexp.MustCompile(`(?s)<f[ >].*?</f>`)
	for name, text := range files {
		if !strings.HasPrefix(name, "fleet.xlsx/") {
			continue
		}
		markup := textBetween.ReplaceAllString(text, "><") // texts may contain anything
		for _, word := range []string{
			"TargetMode", "externalLink", "externalReference", "ddeLink", "connection", "oleObject", "oleLink", "vbaProject",
			"macrosheet", "customXml", "ActiveX", "webPublish", "queryTable", "attachedToolbars", "ctrlProp",
		} {
			if strings.Contains(strings.ToLower(name), strings.ToLower(word)) {
				t.Errorf("the workbook has the part %s", name)
			}
			if word != "customXml" && strings.Contains(markup, word) { // namespaces have that word in their names too
				t.Errorf("%s has a %s", name, word)
			}
		}
		for _, formula := range element.FindAllString(text, -1) {
			formulas++
			for _, bad := range []string{"HYPERLINK(", "WEBSERVICE(", "DDE(", "CALL(", "http", "evil", "alert"} {
				if strings.Contains(formula, bad) {
					t.Errorf("%s: the formula %s", name, formula)
				}
			}
		}
		for _, target := range regexp.MustCompile(`Target="([^"]*)"`).FindAllStringSubmatch(text, -1) {
			if strings.Contains(target[1], ":") || strings.HasPrefix(target[1], "//") {
				t.Errorf("%s links to %s", name, target[1])
			}
		}
	}
	t.Logf("%d formulas of the program's own", formulas)
}

// textBetween matches the text between two tags.
var textBetween = regexp.MustCompile(`>[^<]*<`)

// TestWorkbookInLibreOffice lets LibreOffice read a workbook with every naughty text and write each sheet as CSV.
// Each text cell must have the same text. A workbook written by LibreOffice would prove nothing: it leaves half of
// _x003D_x003D_ unescaped there.
func TestWorkbookInLibreOffice(t *testing.T) {
	Need(t, "soffice", "the workbook's texts in LibreOffice")
	files := naughtySite(t)
	dir := t.TempDir()
	source := write(t, filepath.Join(dir, "fleet.xlsx"), files["fleet.xlsx"])
	const everySheet = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"
	libreOffice(t, "--convert-to", everySheet, "--outdir", dir, source)
	texts := 0
	for sheet, cells := range cellTexts(t, source) {
		file, err := os.ReadFile(filepath.Join(dir, "fleet-"+sheet+".csv"))
		if err != nil {
			t.Fatal(err)
		}
		reader := csv.NewReader(strings.NewReader(string(file)))
		reader.FieldsPerRecord = -1
		rows, err := reader.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for at, text := range cells {
			texts++
			got := ""
			if at.row < len(rows) && at.column < len(rows[at.row]) {
				got = rows[at.row][at.column]
			}
			if got != text {
				t.Errorf("%s, row %d, column %d was %q, is %q", sheet, at.row+1, at.column+1, text, got)
			}
		}
	}
	if most := len(textFields) * len(naughty(t)); texts < most {
		t.Errorf("only %d texts were compared, of at least %d", texts, most)
	}
}

// TestCSVInLibreOffice lets LibreOffice read the CSV files with each separator that it offers. It may find no formula
// in any text, wherever it splits.
func TestCSVInLibreOffice(t *testing.T) {
	Need(t, "soffice", "the CSV files in LibreOffice")
	var rows []string
	for i, separator := range []string{";", "\t", "|", ",", "\n", "\r\n", "; ", ";\"", " ;\"\"", " ", " \""} {
		for _, formula := range []string{"=1+1", "+1+1", "-1-1", "@SUM(1)", `=\"x\"`} {
			rows = append(rows, rowOf(fmt.Sprint("x", separator, formula, i), "foo"+separator+formula+separator+formula))
		}
	}
	_, out := render(t, reply(rows...), "--audience", "internal")
	dir := t.TempDir()
	for _, separator := range []string{",", ";", "\t", "|", " "} {
		var sources []string
		for _, file := range []string{"instances", "groups"} {
			sources = append(sources, write(t, filepath.Join(dir, file+".csv"), plainContents(t, out)["data/"+file+".csv"]))
		}
		// With formulas evaluated, as someone may have chosen.
		filter := fmt.Sprintf("--infilter=CSV:%d,34,76,1,,0,false,true,false,false,false,-1,true", separator[0])
		libreOffice(t, append([]string{filter, "--convert-to", "fods", "--outdir", dir}, sources...)...)
		for _, source := range sources {
			sheet, err := os.ReadFile(strings.TrimSuffix(source, ".csv") + ".fods")
			if err != nil {
				t.Fatal(err)
			}
			if cells := strings.Count(string(sheet), "<table:table-cell"); cells < 20 {
				t.Errorf("%s has only %d cells with the separator %q", source, cells, separator)
			}
			if at := strings.Index(string(sheet), "table:formula"); at >= 0 {
				t.Errorf("%s has a formula with the separator %q: %s", source, separator, sheet[at:at+100])
			}
		}
	}
}

type cellPosition struct{ row, column int } // from 0

// cellTexts returns the text cells of a workbook, by sheet and cell.
func cellTexts(t testing.TB, file string) map[string]map[cellPosition]string {
	t.Helper()
	book, err := excelize.OpenFile(file)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	texts := map[string]map[cellPosition]string{}
	for _, sheet := range book.GetSheetList() {
		texts[sheet] = map[cellPosition]string{}
		rows, err := book.GetRows(sheet, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		for r, row := range rows {
			for c, text := range row {
				cell, _ := excelize.CoordinatesToCellName(c+1, r+1)
				kind, err := book.GetCellType(sheet, cell)
				if err != nil {
					t.Fatal(err)
				}
				if text != "" && (kind == excelize.CellTypeInlineString || kind == excelize.CellTypeSharedString) {
					texts[sheet][cellPosition{r, c}] = text
				}
			}
		}
	}
	return texts
}

// TestTerminalIsSafe puts text into every field that a terminal or the log of a GitHub Action would take for a
// command. A run must print none of it, at any verbosity, whether it succeeds or fails.
func TestTerminalIsSafe(t *testing.T) {
	t.Parallel()
	var commands []string
	for _, text := range naughty(t) {
		forTerminal := strings.ContainsFunc(text, unicode.IsControl) || strings.ContainsAny(text, "\u202e\u2028\u009b")
		forGitHub := strings.Contains(text, "::") || strings.Contains(text, "##[") || strings.Contains(text, "%0")
		if forTerminal || forGitHub {
			commands = append(commands, text)
		}
	}
	const command = `\r\n::error::a\u001b[31m\u009b31m\n##[error]b`
	list := listOfAll(commands)
	broken := strings.Replace(list, `"gpu_count":1`, `"gpu_count":"`+command+`","`+command+`":["`+command+`"]`, -1)
	header := func(code int, body string) string {
		return talking(t, fmt.Sprintf("HTTP/1.1 %d ::error::\x1b[31m\r\nX: \x1b[31m\r\nRetry-After: ::error::\r\n"+
			"Location: http://x/\x1b[31m\r\nContent-Length: %d\r\n\r\n%s", code, len(body), body))
	}
	address := func(body string) string {
		return serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) }).URL
	}
	for name, test := range map[string]struct {
		code    int
		address string
		odd     bool // the server doesn't keep to HTTP
	}{
		"good":       {0, address(list), false},
		"odd types":  {0, address(broken), false},
		"incomplete": {4, address(strings.Replace(list, `"total_instance": `, `"total_instance": 9`, 1)), false},
		"failed":     {3, address(`{"data": null, "message": "` + command + `", "status": "failed"}`), false},
		"no JSON":    {3, address(`{"data": [{"a": "` + command + `"}, ` + command), false},
		"keys":       {3, address(`{"` + command + `": 1, "status": "` + command + `"}`), false},
		"refused":    {3, header(403, command), true},
		"redirected": {3, header(302, command), true},
		"no list":    {3, header(200, `{"status":"`+command+`"}`), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, env := range [][]string{nil, {"GITHUB_ACTIONS=true"}} {
				for _, verbosity := range []string{"--verbose", "--quiet"} {
					out := filepath.Join(quickDir(t), "out")
					o := job{
						args:    []string{"--api-url", test.address, "--out", out, verbosity},
						env:     append(slices.Clone(env), "GPUFLEET_TOKEN=x"),
						process: test.odd, // net/http may log what such a server sends; main discards its log
					}.run(t)
					if o.code != test.code {
						t.Errorf("exit code %d, want %d: %s", o.code, test.code, o.stderr)
					}
					for _, line := range strings.Split(o.stdout+o.stderr, "\n") {
						if env != nil { // there the program prints its own commands, one per line
							line = ownCommand.ReplaceAllString(line, "gpufleet: ")
						}
						wantHarmless(t, name, line)
					}
				}
			}
		})
	}
}

// ownCommand is how the program shows a warning or an error to GitHub Actions.
var ownCommand = regexp.MustCompile(`^::(warning|error) title=gpufleet::`)

// wantHarmless checks a line that the program printed.
func wantHarmless(t *testing.T, name, line string) {
	t.Helper()
	if strings.ContainsFunc(line, func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == 0x2028 || r == unicode.ReplacementChar
	}) {
		t.Errorf("%s: a control character in %q", name, line)
	}
	ours := line == "" || strings.HasPrefix(line, "gpufleet: ") || strings.HasPrefix(line, "/")
	if !ours || strings.Contains(line, "##[") || strings.Contains(line, "::") {
		t.Errorf("%s: the line %q", name, line)
	}
}

func listOfAll(texts []string) string {
	var rows []string
	for _, text := range texts {
		rows = append(rows, rowOf(text, text))
	}
	return reply(rows...)
}

// reservedName matches names that Windows reserves for devices, and names of files in the folder.
var reservedName = regexp.MustCompile(`^(con|prn|aux|nul|com[0-9]|lpt[0-9]|index|page-[0-9]+)$`)

// TestThousandsOfNames renders regions and models with thousands of names that are similar or dangerous. Each must
// have its own page, at a path that is safe on every file system.
func TestThousandsOfNames(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	add := func(name string) {
		if clean := cleaned(name); clean != "" && !strings.HasSuffix(clean, "…") {
			names[clean] = true
		}
	}
	for _, text := range naughty(t) {
		add(text)
	}
	for _, base := range []string{
		"CANADA-1", "RTX-A6000", "index.html", "page-2.html", "CON", "NUL.txt", "COM1", "LPT9", "..", "Straße", "e\u0301",
		"ﬀ", "K", "\u212a", "İ", "ı", "a\u0308", "ä", "..\\..", "./.", "~", "C:", "café", "cafe\u0301",
	} {
		for _, before := range []string{"", ".", "-", "A", "../"} {
			for _, behind := range []string{"", ".", "/", " 1", "\u200b", "%2e"} {
				add(before + base + behind)
				add(before + strings.ToLower(base) + behind)
				add(before + strings.ToUpper(base) + behind)
			}
		}
	}
	var rows []string
	i := 0
	for name := range names {
		// Every name is used for a region and for a model, of different instances. So there are few pages of groups.
		rows = append(rows,
			rowWith(fmt.Sprint("r", i), name, fmt.Sprint("M", i%3)),
			rowWith(fmt.Sprint("m", i), fmt.Sprint("R", i%3), name))
		i++
	}
	// A public report hides addresses, so some names would share a page.
	_, out := render(t, reply(rows...), "--audience", "internal")
	files := plainContents(t, out)
	lower := map[string]string{}
	titles := map[string]map[string]string{"regions": {}, "models": {}}
	for name, text := range files {
		if other := lower[strings.ToLower(name)]; other != "" {
			t.Errorf("%s and %s are one file where case does not count", name, other)
		}
		lower[strings.ToLower(name)] = name
		for _, part := range strings.Split(name, "/") {
			unsafe := strings.Trim(part, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._")
			if unsafe != "" || len(part) > 100 || strings.HasSuffix(part, ".") {
				t.Errorf("the name %q", name)
			}
		}
		parts := strings.Split(name, "/")
		if parts[0] != "regions" && parts[0] != "models" {
			continue
		}
		for _, folder := range parts[1 : len(parts)-1] {
			if reservedName.MatchString(folder) {
				t.Errorf("%s has a reserved name", name)
			}
		}
		if len(parts) == 3 && parts[2] == "index.html" {
			title := heading(text)
			if other := titles[parts[0]][title]; other != "" {
				t.Errorf("%s and %s both are pages of %q", name, other, title)
			}
			titles[parts[0]][title] = name
		}
	}
	for kind, pages := range titles {
		if want := len(names) + 3; len(pages) != want {
			t.Errorf("%d pages of %s, want %d", len(pages), kind, want)
		}
		t.Logf("%d %s", len(pages), kind)
	}
	if len(names) < 1000 {
		t.Errorf("only %d names", len(names))
	}
}

var firstHeading = regexp.MustCompile(`(?s)<h1[^>]*>(.*?)</h1>`)

func heading(page string) string {
	if match := firstHeading.FindStringSubmatch(page); match != nil {
		return match[1]
	}
	return ""
}

func rowWith(id, region, gpu string) string {
	return fmt.Sprintf(`{"id": %q, "region": %s, "gpu": %s, "gpu_count": 1, "status": "Running"}`,
		id, quoted(region), quoted(gpu))
}
