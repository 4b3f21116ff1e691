package workbook

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestArchiveOrder(t *testing.T) {
	data := written(t, newReport(sample(t), settings()))
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	check(t, err)
	var names []string
	for _, file := range archive.File {
		names = append(names, file.Name)
		if date := file.Modified.Format("2006-01-02 15:04:05"); date != "1980-01-01 00:00:00" {
			t.Errorf("%s has the time %s", file.Name, date)
		}
		if file.Flags != 0 {
			t.Errorf("%s has the flags %x: readers that stream expect its sizes in the header", file.Name, file.Flags)
		}
	}
	if !slices.IsSorted(names) || names[0] != "[Content_Types].xml" {
		t.Errorf("the entries are in the order %v", names)
	}
}

// Markers are replaced even if they are split between writes. Similar bytes stay.
func TestArchiveMarkers(t *testing.T) {
	text := marker + "a" + marker + marker + emptyMarker + "\uFDD2\uFDEF b" + marker + "<drawing" + replacements[2].old +
		`"rId1"/>` + "\xef\xb7"
	for size := 1; size <= len(text); size++ {
		a := newArchive(io.Discard)
		for _, name := range []string{"xl/worksheets/sheet1.xml", "xl/other.xml"} {
			w, err := a.Create(name)
			check(t, err)
			for chunk := range slices.Chunk([]byte(text), size) {
				if n, err := w.Write(chunk); n != len(chunk) || err != nil {
					t.Fatalf("wrote %d of %d: %v", n, len(chunk), err)
				}
			}
		}
		check(t, a.Close())
		var b bytes.Buffer
		check(t, a.writeTo(&b))
		got := parts(t, b.Bytes())
		want := strings.ReplaceAll(strings.ReplaceAll(text, marker, "_x005F_"), emptyMarker, "")
		want = strings.ReplaceAll(want, replacements[2].old, " r:id=")
		if got["xl/worksheets/sheet1.xml"] != want {
			t.Errorf("in writes of %d: %q, want %q", size, got["xl/worksheets/sheet1.xml"], want)
		}
		if got["xl/other.xml"] != text {
			t.Errorf("a file that is not a sheet was changed to %q", got["xl/other.xml"])
		}
	}
}

func TestArchiveBlocks(t *testing.T) {
	var b blocks
	var want []byte
	for i := range 50 {
		piece := bytes.Repeat([]byte{byte(i)}, i*i*3)
		want = append(want, piece...)
		if n, err := b.Write(piece); n != len(piece) || err != nil {
			t.Fatalf("wrote %d of %d: %v", n, len(piece), err)
		}
	}
	if got := bytes.Join(b, nil); !bytes.Equal(got, want) || b.size() != len(want) {
		t.Errorf("wrote %d bytes, read %d", len(want), b.size())
	}
}

// An entry that needs zip64 is an error: Excel would call the file damaged.
func TestArchiveTooLarge(t *testing.T) {
	a := newArchive(io.Discard)
	w, err := a.Create("xl/worksheets/sheet2.xml")
	check(t, err)
	w.(*entry).size = math.MaxUint32 + 1
	if err := a.Close(); err == nil || !strings.Contains(err.Error(), "larger than 4 GiB") {
		t.Errorf("the error is %v", err)
	}
}

// After a failed write, every later call returns its error.
func TestArchiveKeepsItsError(t *testing.T) {
	broken := errors.New("broken")
	a := newArchive(&failingWriter{err: broken})
	w, err := a.Create("a")
	check(t, err)
	if _, err := w.Write([]byte("text")); !errors.Is(err, broken) {
		t.Errorf("Write: %v", err)
	}
	if _, err := a.Create("b"); !errors.Is(err, broken) {
		t.Errorf("Create: %v", err)
	}
	if err := a.Close(); !errors.Is(err, broken) {
		t.Errorf("Close: %v", err)
	}
}
