package workbook

import (
	"bytes"
	"errors"
	"html"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"gpufleet/fetch/fleet"
	"gpufleet/render/report"
)

var sheetNames = []string{
	"Summary", "Instances", "Regions", "Models", "Groups", "Matrix", "Months", "Spend", "Trend", "Attention", "Changes",
	"Changes week", "Unpriced", "Assumptions", "About",
}

func TestSheets(t *testing.T) {
	f := opened(t, written(t, newReport(sample(t), settings())))
	if diff := cmp.Diff(sheetNames, f.GetSheetList()); diff != "" {
		t.Error(diff)
	}
	if active := f.GetActiveSheetIndex(); active != 0 {
		t.Errorf("the workbook opens on sheet %d, not on Summary", active)
	}
}

func TestEqualBytes(t *testing.T) {
	s := settings()
	s.Source = report.FromDemo
	var first []byte
	for range 10 {
		data := writtenTo(t, newReport(sample(t), s), headerRow+2)
		if first == nil {
			first = data
		}
		if !bytes.Equal(first, data) {
			t.Fatal("two workbooks of the same report differ")
		}
	}
}

func TestProperties(t *testing.T) {
	s := settings()
	s.Title = "Fleet & <co>\n2026"
	f := opened(t, written(t, newReport(nil, s)))
	got, err := f.GetDocProps()
	check(t, err)
	want := &excelize.DocProperties{
		Title: "Fleet & <co> 2026", Subject: "GPU fleet as of 2026-11-22 21:36 UTC",
		Creator: "gpufleet 1.2.3", LastModifiedBy: "gpufleet 1.2.3",
		Description: "Fetched 2026-11-22 21:36 UTC from the API",
		Created:     "2026-11-22T21:36:05Z", Modified: "2026-11-22T21:36:05Z",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// The time zone of the report's time does not matter.
func TestTimeZone(t *testing.T) {
	s := settings()
	utc := written(t, newReport(sample(t), s))
	s.Generated = s.Generated.In(time.FixedZone("", 2*60*60))
	if !bytes.Equal(utc, written(t, newReport(sample(t), s))) {
		t.Error("the time zone of the report changes the workbook")
	}
}

func TestNotices(t *testing.T) {
	for _, test := range []struct {
		name     string
		source   report.Source
		audience report.Audience
		want     []string
	}{
		{"public", report.FromAPI, report.Public, nil},
		{"demo", report.FromDemo, report.Public, []string{demoNotice}},
		{"internal", report.FromFile, report.Internal, []string{internalNotice}},
		{"both", report.FromDemo, report.Internal, []string{demoNotice, internalNotice}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := settings()
			s.Source, s.Audience = test.source, test.audience
			f := opened(t, writtenTo(t, newReport(sample(t), s), headerRow+2))
			if n := len(f.GetSheetList()); n != 18 {
				t.Fatalf("%d sheets, want 18 with Instances 2, Models 2 and Groups 2", n)
			}
			for _, sheet := range f.GetSheetList() {
				page, err := f.GetHeaderFooter(sheet)
				check(t, err)
				top := ""
				for row := range 3 {
					top += rawValue(t, f, sheet, cellName(1, row+1)) + "\n"
				}
				for _, notice := range []string{demoNotice, internalNotice} {
					want := slices.Contains(test.want, notice)
					if got := strings.Contains(top, notice); got != want {
						t.Errorf("%s: its first rows say %q: %v, want %v", sheet, notice, got, want)
					}
					if got := strings.Contains(page.OddHeader, notice); got != want {
						t.Errorf("%s: its page header says %q: %v, want %v", sheet, notice, got, want)
					}
				}
			}
		})
	}
}

func TestAddressesAreInternal(t *testing.T) {
	s := settings()
	for name, text := range parts(t, written(t, newReport(sample(t), s))) {
		if strings.Contains(text, "198.51.100.7") {
			t.Errorf("%s shows an address to the public", name)
		}
	}
	s.Audience = report.Internal
	r := newReport(sample(t), s)
	f := opened(t, written(t, r))
	find(t, f, "Instances", "198.51.100.7")
	for _, sentence := range r.LeftOut() {
		find(t, f, aboutSheet, sentence)
	}
}

func TestEmptyFleet(t *testing.T) {
	data := written(t, newReport(nil, settings()))
	f := opened(t, data)
	if diff := cmp.Diff(sheetNames, f.GetSheetList()); diff != "" {
		t.Error(diff)
	}
	find(t, f, summarySheet, "No instances.")
	for _, sheet := range []string{
		"Instances", "Regions", "Models", "Groups", "Spend", "Changes", "Changes week", "Trend", "Attention", "Unpriced",
	} {
		tables, err := f.GetTables(sheet)
		check(t, err)
		if len(tables) != 1 || rowsOf(tables[0].Range) != "4-5" {
			t.Errorf("%s: tables %v, want one with one blank row", sheet, tables)
		}
		rows, err := f.GetRows(sheet)
		check(t, err)
		if len(rows) != headerRow {
			t.Errorf("%s has %d rows, want %d", sheet, len(rows), headerRow)
		}
	}
	if got := shownValue(t, f, "Regions", "B3"); got != "0 " {
		t.Errorf("all regions have %q instances, want 0", got)
	}
	checkTables(t, data)
}

// No part of a workbook has a connection or refers to another file. Formulas contain no text but our own, and only
// functions that are in Excel 2010 and not volatile.
func TestInert(t *testing.T) {
	s := settings()
	s.Budget = price(t, "100")
	before, _, after := newReport(nil, s).MonthLegend()
	rateBefore, rateAfter := report.RunRateLegend()
	ours := regexp.MustCompile(
		`^(SUM|SUMIFS|COUNTIFS|SUMPRODUCT|SUBTOTAL|IF|IFERROR|ISNUMBER|AND|OR|N|ROUND|MOD|MIN|MAX|` +
			`FIXED|INDEX|MATCH|ROWS)\($|` +
			`^HoursPerMonth$|^Budget$|^FxRate$|^FxCurrency$|^Bill$|` +
			`^"(>=0|>0|In | of | priced| known|listed|over|likely over|within|unknown|` +
			regexp.QuoteMeta(before) + `|` + regexp.QuoteMeta(after) + `|` +
			regexp.QuoteMeta(rateBefore) + `|` + regexp.QuoteMeta(rateAfter) + `|)"$|` +
			`^('\w+ \d+'!|\w+!)?\$?[A-Z]{1,2}\$?\d+(:\$?[A-Z]{1,2}\$?\d+)?$|^\d+(\.\d+)?$|^[-+*/&=<>(),:]+$`)
	tokens := regexp.MustCompile(`"[^"]*"|[A-Za-z]+\(|` +
		`('[^']*'!|\w+!)?\$?[A-Z]{1,2}\$?\d+(:\$?[A-Z]{1,2}\$?\d+)?|[A-Za-z]+|[\d.]+|.`)
	formula := regexp.MustCompile(`<f>([^<]*)</f>|<formula>([^<]*)</formula>`)
	known := map[string]bool{} // tokens that are ours; most are in thousands of formulas
	for _, lastRow := range []int{maxRow, headerRow + 9} {
		for name, text := range parts(t, writtenTo(t, newReport(append(hostile(t), awkward(t)...), s), lastRow)) {
			for _, bad := range []string{"TargetMode", "externalLink", "ddeLink", "connection", "vbaProject"} {
				if strings.Contains(text, bad) {
					t.Errorf("%s contains %s", name, bad)
				}
			}
			for _, match := range formula.FindAllStringSubmatch(text, -1) {
				if match[2] != "" { // of a conditional format, which can't refer to other sheets
					if strings.Contains(match[2], "!") {
						t.Errorf("%s: the condition %s", name, match[2])
					}
					continue
				}
				for _, token := range tokens.FindAllString(html.UnescapeString(match[1]), -1) {
					if !known[token] && !ours.MatchString(token) {
						t.Fatalf("%s: %q in the formula %s", name, token, match[1])
					}
					known[token] = true
				}
			}
		}
	}
}

// failingWriter fails with err after a number of calls.
type failingWriter struct {
	calls, after int
	err          error
}

func (w *failingWriter) Write(p []byte) (int, error) {
	if w.calls++; w.calls > w.after {
		return 0, w.err
	}
	return len(p), nil
}

func TestWriterFails(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	broken := errors.New("broken")
	instances := make([]*fleet.Instance, checkWriterEvery+1)
	for i := range instances {
		instances[i] = &fleet.Instance{Region: "R", HostName: "node"}
	}
	r := newReport(instances, settings())
	all := &failingWriter{after: 1 << 30}
	if err := Write(all, r); err != nil {
		t.Fatal(err)
	}
	for after := range all.calls {
		w := &failingWriter{after: after, err: broken}
		err := Write(w, r)
		if !errors.Is(err, broken) {
			t.Fatalf("call %d fails, but the error is %v", after+1, err)
		}
		if strings.Count(err.Error(), "broken") != 1 {
			t.Errorf("the error repeats itself: %v", err)
		}
		if w.calls > after+1 {
			t.Fatalf("call %d fails, and %d more follow", after+1, w.calls-after-1)
		}
	}
	checkEmpty(t, tmp)
}

// Not even a large fleet needs temporary files.
func TestNoTemporaryFiles(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	instances := make([]*fleet.Instance, 30_000)
	for i := range instances {
		instances[i] = &fleet.Instance{Region: "R", HostName: strings.Repeat("x", 700)}
	}
	check(t, Write(&watchingWriter{dir: tmp}, newReport(instances, settings())))
	checkEmpty(t, tmp)
}

var errSeen = errors.New("there is a temporary file")

// watchingWriter fails when a folder is no longer empty.
type watchingWriter struct{ dir string }

func (w *watchingWriter) Write(p []byte) (int, error) {
	if files, _ := os.ReadDir(w.dir); len(files) > 0 {
		return 0, errSeen
	}
	return len(p), nil
}

func checkEmpty(t *testing.T, dir string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	check(t, err)
	if len(files) > 0 {
		t.Errorf("%d temporary files are left", len(files))
	}
}
