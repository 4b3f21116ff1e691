package jsonscan

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

// valid reports whether text is one JSON text by this scanner.
func valid(text io.Reader) error {
	s := New(text)
	if err := s.Skip(); err != nil {
		return err
	}
	return s.End()
}

func TestValidity(t *testing.T) {
	accepted := []string{
		`{}`, `[]`, ` [ 1 , 2 ] `, `{"a":{"a":[null,true,false]},"a":""}`, `0`, `-0`, `-0.5e+10`, `1E400`, `""`,
		`"\u0061\"\\\/\b\f\n\r\t"`, "\"\xff\"", `"\ud800"`, `"\uDEAD\ud800\u0041\ud83d\ude00"`, `"\ud800\n"`,
		strings.Repeat("[", 900) + strings.Repeat("]", 900), strings.Repeat(" ", 200_000) + "1",
	}
	refused := []string{
		``, ` `, `{`, `[`, `[1`, `[1,`, `[1,]`, `[,1]`, `[1 2]`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{a:1}`, `{"a":1 "b":2}`,
		`nul`, `nulll`, `True`, `01`, `-`, `+1`, `.5`, `1.`, `1e`, `1e+`, `-a`, `NaN`, `0x1`, `"`, `"\`, `"\x"`, `"\u12"`, `"\u12G4"`,
		"\"a\nb\"", "[\x00]", "\"\x00\"", `1 2`, `{} x`, `[1}`, `{"a":1]`, "\xef\xbb\xbf{}", "\u00a0{}", `"\ud800\`, `"\ud800\u`, "1\x00",
		strings.Repeat("[", 2000) + strings.Repeat("]", 2000),
	}
	for _, text := range accepted {
		for name, reader := range readers(text) {
			if err := valid(reader); err != nil {
				t.Errorf("%s: %.40q refused: %v", name, text, err)
			}
		}
	}
	for _, text := range refused {
		for name, reader := range readers(text) {
			if err := valid(reader); err == nil {
				t.Errorf("%s: %.40q accepted", name, text)
			}
		}
	}
}

// readers hands a text over in one piece and byte by byte, so that every token crosses a border once.
func readers(text string) map[string]io.Reader {
	return map[string]io.Reader{
		"whole": strings.NewReader(text),
		"bytes": iotest.OneByteReader(strings.NewReader(text)),
		"eof":   iotest.DataErrReader(strings.NewReader(text)),
	}
}

// TestSuite reads the JSONTestSuite where it is at hand: y_ must be accepted, n_ refused.
func TestSuite(t *testing.T) {
	files, _ := filepath.Glob("../../../shared/corpora/jsontestsuite/test_parsing/*.json")
	t.Logf("%d files of the suite", len(files))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		err = valid(bytes.NewReader(text))
		switch name := filepath.Base(file); {
		case strings.HasPrefix(name, "y_") && err != nil:
			t.Errorf("%s refused: %v", name, err)
		case strings.HasPrefix(name, "n_") && err == nil:
			t.Errorf("%s accepted", name)
		}
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
				t.Errorf("%s: String(%s, %d) = %q, %v, %v; want %q, %v", name, test.text, test.keep, text, cut, err, test.want, test.cut)
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

// TestMemory reads texts of 8 MiB that encoding/json would hold whole.
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

// FuzzScanner holds the scanner against encoding/json: the same texts are JSON, and strings read the same.
func FuzzScanner(f *testing.F) {
	for _, seed := range []string{`{"a":[1,"\u00e9",null]}`, `"\ud83d\ude00"`, `[1e5,-0.1]`, ` {"a":{}} `, `{"a":1,}`} {
		f.Add([]byte(seed))
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
