package workbook

import (
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"

	"gpufleet/render/report"
)

// setPrint sets a sheet up for printing: landscape, one page wide on A4 and Letter alike. A table's header is repeated
// on every page.
func (b *book) setPrint(name string, l layout) {
	orientation, wide, tall := "landscape", 1, 0 // 0: as many as it takes
	if l.onePage {
		tall = 1
	}
	b.try(b.file.SetPageLayout(name, &excelize.PageLayoutOptions{
		Orientation: &orientation, FitToWidth: &wide, FitToHeight: &tall,
	}))
	side, top, edge := 0.4, 0.75, 0.3 // inches
	b.try(b.file.SetPageMargins(name, &excelize.PageLayoutMarginsOptions{
		Left: &side, Right: &side, Top: &top, Bottom: &top, Header: &edge, Footer: &edge,
	}))
	head := "&L" + headerText(clip(oneLine(b.r.Title), maxHeaderTitle)) + "&R&A"
	if marks := b.marks(); marks != "" {
		head += "&C" + headerText(marks)
	}
	b.try(b.file.SetHeaderFooter(name, &excelize.HeaderFooterOptions{
		OddHeader: head,
		OddFooter: "&L" + headerText(b.r.Origin()) + "&RPage &P of &N",
	}))
	if l.printed > 0 && l.printed < l.columns {
		b.try(b.file.SetDefinedName(&excelize.DefinedName{
			Name: "_xlnm.Print_Area", RefersTo: "'" + name + "'!$A$1:$" + columnName(l.printed) + "$" + strconv.Itoa(l.rows), Scope: name,
		}))
	}
	if l.table {
		row := "$" + strconv.Itoa(headerRow)
		b.try(b.file.SetDefinedName(&excelize.DefinedName{
			Name: "_xlnm.Print_Titles", RefersTo: "'" + name + "'!" + row + ":" + row, Scope: name,
		}))
	}
}

// setProperties sets the document's properties. The times in it are the report's.
func (b *book) setProperties() {
	at := b.r.Generated.UTC().Format(time.RFC3339)
	b.try(b.file.SetDocProps(&excelize.DocProperties{
		Title:          oneLine(b.r.Title),
		Subject:        "GPU fleet as of " + report.FormatTime(b.r.Generated),
		Creator:        "gpufleet " + b.r.Version,
		LastModifiedBy: "gpufleet " + b.r.Version,
		Description:    b.description(),
		Created:        at,
		Modified:       at,
	}))
	b.try(b.file.SetAppProps(&excelize.AppProperties{Application: "gpufleet"}))
}

func (b *book) description() string {
	text := b.r.Origin()
	if marks := b.marks(); marks != "" {
		text = marks + " " + text
	}
	return text
}
