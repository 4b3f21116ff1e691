package workbook

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"gpufleet/fetch/fleet"
)

// FuzzSheetText checks that a text is read back unchanged, and adds no formula and no link.
func FuzzSheetText(f *testing.F) {
	for _, text := range hostileTexts {
		f.Add(text)
	}
	plain := len(formulasOf(f, "plain"))
	f.Fuzz(func(t *testing.T, text string) {
		unfit := func(r rune) bool { return unicode.IsControl(r) || r >= 0xFDD0 && r <= 0xFDEF || r&0xFFFE == 0xFFFE }
		if text = strings.TrimSpace(text); text == "" || !utf8.ValidString(text) ||
			strings.ContainsFunc(text, unfit) || len(text) > fleet.MaxText {
			return // the decoder never returns such text
		}
		if n := len(formulasOf(t, text)); n != plain {
			t.Errorf("%q: %d formulas, without it %d", text, n, plain)
		}
	})
}

// formulasOf writes a workbook with a text in every field, reads it back and returns the part of each of its formulas.
func formulasOf(t testing.TB, text string) (formulas []string) {
	t.Helper()
	in := &fleet.Instance{
		ID: text, Region: text, ProductType: text, HostName: text, GPU: text, GPUType: text,
		GPUCount: fleet.Known(1.0), OS: text, Status: "Running",
	}
	data := written(t, newReport([]*fleet.Instance{in}, settings()))
	for name, part := range parts(t, data) {
		if strings.Contains(part, "TargetMode") || strings.Contains(name, "external") {
			t.Errorf("%q: %s refers to another file", text, name)
		}
		for range strings.Count(part, "<f>") + strings.Count(part, "<f ") {
			formulas = append(formulas, name)
		}
	}
	f := opened(t, data)
	rows, err := f.GetRows("Instances")
	check(t, err)
	found := 0
	for _, row := range rows[headerRow:] {
		for _, cell := range row {
			if cell == text {
				found++
			}
		}
	}
	if found < 7 {
		t.Errorf("%q is read back %d times: %q", text, found, rows[headerRow:])
	}
	return formulas
}
