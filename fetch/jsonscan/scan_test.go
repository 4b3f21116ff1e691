package jsonscan

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"gpufleet/fetch/jsonscan/jsontest"
)

// valid returns an error if the scanner rejects text.
func valid(text io.Reader) error {
	s := New(text)
	if err := s.Skip(); err != nil {
		return err
	}
	return s.End()
}

// TestSyntax reads every case as a whole and byte by byte. Valid JSON must be accepted and invalid JSON rejected. Open
// cases must give the same result both ways.
func TestSyntax(t *testing.T) {
	for _, c := range jsontest.Cases(t) {
		accepted := valid(strings.NewReader(c.Text)) == nil
		if c.Verdict != jsontest.Open && accepted != (c.Verdict == jsontest.Valid) {
			t.Errorf("%s: accepted: %v: %.40q", c.About, accepted, c.Text)
		}
		for name, reader := range readers(c.Text) {
			if err := valid(reader); (err == nil) != accepted {
				t.Errorf("%s, %s: %v, which differs from the text as a whole", c.About, name, err)
			}
		}
	}
}

// TestOpenSyntax reads texts that the RFC leaves to the reader.
func TestOpenSyntax(t *testing.T) {
	for text, accepted := range map[string]bool{
		`1E400`: true, "\"\xff\"": true,
		`"\ud800"`: true, `"\uDEAD\ud800\u0041\ud83d\ude00"`: true, `"\ud800\n"`: true,
		strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth):     true,
		strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1): false,
	} {
		if err := valid(strings.NewReader(text)); (err == nil) != accepted {
			t.Errorf("%.40q: %v", text, err)
		}
	}
}

// readers returns readers of a text in one piece and byte by byte, so that buffers end inside every token.
func readers(text string) map[string]io.Reader {
	return map[string]io.Reader{
		"whole": strings.NewReader(text),
		"bytes": iotest.OneByteReader(strings.NewReader(text)),
		"eof":   iotest.DataErrReader(strings.NewReader(text)),
	}
}

func TestStrings(t *testing.T) {
	tests := []struct {
		text string
		keep int
		want string
		cut  bool
	}{
		{`"plain"`, 10, "plain", false},
		{`"plain"`, 5, "plain", false},
		{`"plain"`, 4, "plai", true},
		{`"plain"`, 0, "", true},
		{`""`, 0, "", false},
		{`"é😀"`, 2, "é", true},
		{`"é😀"`, 6, "é😀", false},
		{`"\u00e9\ud83d\ude00"`, 6, "é😀", false},
		{`"\ud800\ud83d\ude00"`, 20, "\uFFFD\uFFFD\uFFFD", false},
		{`"\ud800x"`, 20, "\uFFFDx", false},
		{`"\ud800\nx"`, 20, "\uFFFD\nx", false},
		{`"\udc00\ud800\u0041"`, 20, "\uFFFD\uFFFDA", false},
		{"\"a\xffb\"", 20, "a\uFFFDb", false},
		{"\"\xe2\x82\"", 20, "\uFFFD", false},
		{"\"\xe2\x82é\"", 20, "\uFFFDé", false},
		{`"a\u0000b"`, 20, "a\x00b", false},
	}
	for _, test := range tests {
		for name, reader := range readers(test.text) {
			text, cut, err := New(reader).String(test.keep)
			if err != nil || string(text) != test.want || cut != test.cut {
				t.Errorf("%s: String(%s, %d) = %q, %v, %v; want %q, %v",
					name, test.text, test.keep, text, cut, err, test.want, test.cut)
			}
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, text := range []string{"0", "-12", "1.50", "1e5", "-1.25E-7", "123456789"} {
		for name, reader := range readers(text + ",") {
			got, cut, err := New(reader).Number(20)
			if err != nil || cut || string(got) != text {
				t.Errorf("%s: Number(%s) = %q, %v, %v", name, text, got, cut, err)
			}
		}
	}
	got, cut, err := New(strings.NewReader("123456")).Number(4)
	if err != nil || !cut || string(got) != "1234" {
		t.Errorf("a long number: %q, %v, %v", got, cut, err)
	}
}

func TestNames(t *testing.T) {
	const text = `{"gpu": 1, "": {"in\u006Eer" : [2]}, "gpu": "x"}`
	for name, reader := range readers(text) {
		s := New(reader)
		var names []string
		var member func(name []byte) error
		member = func(name []byte) error {
			names = append(names, string(name))
			if kind, _ := s.Kind(); kind == Object {
				return s.Object(member)
			}
			return s.Skip()
		}
		if err := s.Object(member); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := strings.Join(names, ","); got != "gpu,,inner,gpu" {
			t.Errorf("%s: names %s", name, got)
		}
	}
}

// TestMemory reads texts of 8 MiB, which encoding/json would buffer as a whole.
func TestMemory(t *testing.T) {
	long := func(c byte) io.Reader {
		block := bytes.Repeat([]byte{c}, 1<<20)
		blocks := make([]io.Reader, 8)
		for i := range blocks {
			blocks[i] = bytes.NewReader(block)
		}
		return io.MultiReader(blocks...)
	}
	texts := map[string]io.Reader{
		"blanks": io.MultiReader(strings.NewReader(`{"a":`), long(' '), strings.NewReader(`1}`)),
		"string": io.MultiReader(strings.NewReader(`["`), long('x'), strings.NewReader(`"]`)),
		"number": io.MultiReader(strings.NewReader(`[`), long('1'), strings.NewReader(`]`)),
		"name":   io.MultiReader(strings.NewReader(`{"`), long('x'), strings.NewReader(`":1}`)),
	}
	for name, text := range texts {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if err := valid(text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		runtime.ReadMemStats(&after)
		if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 1<<20 {
			t.Errorf("%s: %d bytes allocated to read one long value", name, allocated)
		}
	}
}

func TestReaderError(t *testing.T) {
	broken := errors.New("broken")
	err := valid(io.MultiReader(strings.NewReader(`{"a":`), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) {
		t.Errorf("the reader's error became %v", err)
	}
	if err := valid(strings.NewReader(`{"a":`)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the text's early end became %v", err)
	}
}

// FuzzScanner compares the scanner with encoding/json: both must accept the same texts and return the same strings.
func FuzzScanner(f *testing.F) {
	for _, c := range jsontest.Cases(f) {
		if len(c.Text) < 100 {
			f.Add([]byte(c.Text))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 900 {
			return // nesting may go too deep
		}
		err := valid(iotest.OneByteReader(bytes.NewReader(text)))
		if (err == nil) != json.Valid(text) {
			t.Fatalf("%q: %v, encoding/json says %v", text, err, json.Valid(text))
		}
		var want string
		if json.Unmarshal(text, &want) != nil || !utf8.Valid(text) || bytes.HasPrefix(bytes.TrimSpace(text), []byte("n")) {
			return
		}
		got, _, err := New(bytes.NewReader(text)).String(1 << 20)
		if err != nil || string(got) != want {
			t.Fatalf("%q read as %q (%v), want %q", text, got, err, want)
		}
	})
}
