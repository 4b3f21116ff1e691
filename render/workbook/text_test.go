package workbook

import (
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"

	"gpufleet/fetch/fleet"
)

// hostileTexts are texts that Excel could misread.
var hostileTexts = []string{
	"=1+1", "+1", "-1", "@x", "'x", "''", "=cmd|' /C calc'!A0", `=HYPERLINK("https://example.org")`,
	"_x003D_", "_x003D_x003D_", "_x005F_x003D_", "_x005F_", "_xD83D_", "_x000a__X000A_", "__x0041_", "_x004_",
	"_x0041", "x_x0041_y_x0042_",
	"<b>&amp;</b>", `"quoted"`, "]]>", "007", "1e5", "2024-01-01", "TRUE", "#REF!", "日本語", "😀", "a  b",
}

// hostile is a fleet with these texts in every text field.
func hostile(t testing.TB) []*fleet.Instance {
	var instances []*fleet.Instance
	for _, text := range hostileTexts {
		instances = append(instances, &fleet.Instance{
			ID: text, Region: text, ProductType: text, HostName: text, GPU: text, GPUType: text, GPUCount: fleet.Known(1.0),
			PublicIPv4: text, Price: price(t, "0.679"), PriceSource: fleet.ListPrice, OS: text, Status: text,
		})
	}
	return instances
}

// Text is read back unchanged, has the type text, and stays text when it is edited.
func TestHostileText(t *testing.T) {
	r := newReport(hostile(t), settings())
	data := written(t, r)
	f := opened(t, data)
	columns := map[string]int{}
	for i, in := range r.Instances {
		for _, heading := range []string{
			"ID", "Region", "Type", "Host name", "GPU model", "GPU series", "Operating system", "Status",
		} {
			if columns[heading] == 0 {
				columns[heading], _ = find(t, f, "Instances", heading)
			}
			column := columns[heading]
			cell := cellName(column, headerRow+1+i)
			if got := rawValue(t, f, "Instances", cell); got != in.ID {
				t.Errorf("%s reads %q, want %q", cell, got, in.ID)
			}
			if kind, err := f.GetCellType("Instances", cell); err != nil || kind != excelize.CellTypeInlineString {
				t.Errorf("%s (%q) has type %v (%v)", cell, in.ID, kind, err)
			}
			got, want := strings.HasSuffix(styleText(t, f, "Instances", cell), " quoted"),
				strings.ContainsRune("=+-@'", rune(in.ID[0]))
			if got != want {
				t.Errorf("%s (%q) has a quotePrefix: %v, want %v", cell, in.ID, got, want)
			}
		}
	}
	for i, region := range r.Regions {
		if got := rawValue(t, f, "Regions", cellName(1, headerRow+1+i)); got != region.Name {
			t.Errorf("region %q reads %q", region.Name, got)
		}
	}
	for _, status := range r.Statuses {
		find(t, f, assumptionsSheet, status.Name)
	}
}

// The title is text too, in cells and page headers.
func TestHostileTitle(t *testing.T) {
	s := settings()
	s.Title = "\t=1+1 & _x0041_\x00\n&P \uFDD0\xff"
	const want = "=1+1 & _x0041_  &P \uFFFD\uFFFD"
	data := written(t, newReport(nil, s))
	f := opened(t, data)
	if got := rawValue(t, f, summarySheet, "A1"); got != want {
		t.Errorf("the title reads %q, want %q", got, want)
	}
	page, err := f.GetHeaderFooter(summarySheet)
	check(t, err)
	if want := "&L=1+1 && _x005F_x0041_  &&P \uFFFD\uFFFD&R&A"; page.OddHeader != want {
		t.Errorf("the page header is %q, want %q", page.OddHeader, want)
	}
}

func TestLongTitle(t *testing.T) {
	for _, title := range []string{
		strings.Repeat("&", 40_000), strings.Repeat("_x0041_", 9_000), strings.Repeat("😀", 40_000),
		strings.Repeat("a\xff", 40_000),
	} {
		s := settings()
		s.Title = title
		f := opened(t, written(t, newReport(nil, s)))
		got := rawValue(t, f, summarySheet, "A1")
		if units := len(utf16.Encode([]rune(got))); units > excelize.TotalCellChars || units < excelize.TotalCellChars-1 {
			t.Errorf("%.8q…: the cell has %d units", title, units)
		}
		if !strings.HasSuffix(got, "…") {
			t.Errorf("%.8q…: the cell does not end in …", title)
		}
	}
}

func TestClip(t *testing.T) {
	for _, test := range []struct {
		text  string
		units int
		want  string
	}{
		{"", 3, ""}, {"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"äöü", 3, "äöü"}, {"äöüß", 3, "äö…"},
		{"😀😀", 4, "😀😀"}, {"😀😀a", 4, "😀…"}, {"a\xff\xffb", 3, "a\xff…"},
	} {
		if got := clip(test.text, test.units); got != test.want {
			t.Errorf("clip(%q, %d) = %q, want %q", test.text, test.units, got, test.want)
		}
	}
}

func TestWrappedLines(t *testing.T) {
	for _, test := range []struct {
		text  string
		width int
		want  int
	}{
		{"", 10, 1}, {"one two", 7, 1}, {"one two", 6, 2}, {"a verylongword b", 5, 3},
		{"日本 日本", 8, 2}, {"日本 日本", 9, 1},
	} {
		if got := wrappedLines(test.text, test.width); got != test.want {
			t.Errorf("wrappedLines(%q, %d) = %d, want %d", test.text, test.width, got, test.want)
		}
	}
}
