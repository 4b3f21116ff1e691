package manifest

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// x is a file of one byte.
func x(path string) File { return FileOf(path, []byte("x")) }

func encoded(t testing.TB, files ...File) []byte {
	t.Helper()
	data, err := Manifest{Schema: 1, Source: "demo", Audience: "public", Files: files}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestRead(t *testing.T) {
	want := Manifest{1, "demo", "public", []File{x(".nojekyll"), x("a/b.html"), FileOf("index.html", []byte("index"))}}
	got, err := Read(bytes.NewReader(encoded(t, want.Files...)))
	if err != nil || !reflect.DeepEqual(got, &want) {
		t.Errorf("%v, %v", got, err)
	}
	documented := `{"schema": 1, "source": "api", "audience": "internal", "later": [1],
		"files": [{"path": "a", "size": 1, "sha256": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"}]}`
	got, err = Read(strings.NewReader(documented))
	if err != nil || !reflect.DeepEqual(got, &Manifest{1, "api", "internal", []File{x("a")}}) {
		t.Errorf("%v, %v", got, err)
	}
	if got := string(encoded(t)); !strings.Contains(got, `"files": []`) {
		t.Errorf("no files: %s", got)
	}
}

func TestReadRefuses(t *testing.T) {
	for name, data := range map[string]string{
		"nothing":       "",
		"not JSON":      "<html>",
		"cut":           `{"schema":1,"files":[`,
		"more":          `{"schema":1} x`,
		"two":           `{"schema":1}{"schema":1}`,
		"null":          "null",
		"list":          "[]",
		"no schema":     `{"files":[]}`,
		"later schema":  `{"schema":2,"files":[]}`,
		"text schema":   `{"schema":"1","files":[]}`,
		"files as text": `{"schema":1,"files":"all"}`,
		"size as text":  `{"schema":1,"files":[{"path":"a","size":"1"}]}`,
		"huge size":     `{"schema":1,"files":[{"path":"a","size":1e300}]}`,
		"nested":        strings.Repeat("[", 100_000),
		"too many":      `{"schema":1,"files":[{}` + strings.Repeat(",{}", 4*maxFiles) + `]}`,
	} {
		if m, err := Read(strings.NewReader(data)); err == nil {
			t.Errorf("%s: %v", name, m)
		} else if len(err.Error()) > 100 {
			t.Errorf("%s: the error quotes what was read: %.200s", name, err)
		}
	}
	const small = `{"schema":1,"files":[]}`
	if _, err := read(strings.NewReader(small), len(small)); err != nil {
		t.Error(err)
	}
	if m, err := read(strings.NewReader(small), len(small)-1); err == nil {
		t.Errorf("over the limit: %v", m)
	}
	endless := &blanks{}
	if m, err := read(io.MultiReader(strings.NewReader(small), endless), 1<<20); err == nil || endless.read > 1<<20 {
		t.Errorf("%v after %d bytes", m, endless.read)
	}
	if _, err := Read(io.MultiReader(strings.NewReader(`{"schema":1}`), brokenReader{})); err != io.ErrClosedPipe {
		t.Errorf("a broken reader: %v", err)
	}
}

type blanks struct{ read int }

func (b *blanks) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	b.read += len(p)
	return len(p), nil
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

// What is written can be read: Encode has the limits of Read.
func TestEncodeLimits(t *testing.T) {
	small := Manifest{Schema: Schema, Files: []File{FileOf("a", nil)}}
	data, err := small.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for limit, want := range map[int]bool{len(data): true, len(data) - 1: false} {
		_, written := small.encode(limit)
		_, readable := read(bytes.NewReader(data), limit)
		if (written == nil) != want || (readable == nil) != want {
			t.Errorf("limit %d: written %v, read %v", limit, written, readable)
		}
	}
	large := Manifest{Schema: Schema, Files: slices.Repeat([]File{FileOf(strings.Repeat("x", 1<<20), nil)}, MaxBytes>>20)}
	if _, err := large.Encode(); err == nil {
		t.Error("a manifest that Read refuses was written")
	}
}

// TestReadBlanks checks that many blanks don't take long to read.
func TestReadBlanks(t *testing.T) {
	start := time.Now()
	if _, err := Read(strings.NewReader(`{"schema":` + strings.Repeat(" ", 2<<20) + `1}`)); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("took %v", took)
	}
}

var refusedPaths = []string{"", ".", "..", "/", "/etc/passwd", "../x", "a/../x", "a/../../x", "./x", "a//b", "a/",
	"a/./b", `a\b`, `..\x`, `C:\x`, "C:/x", "c:x", ".git/config", ".git", "a/.b", ".nojekyll/x", "a/.nojekyll",
	".gpufleet-1/x", "manifest.json", "Manifest.JSON", "a\x00b", "a\nb", "a b\x7f", "name.", "name./x", "git~1/config",
	"\u200c.git/config", "é.html", "\xff", "a:b", strings.Repeat("x", 256), "a/" + strings.Repeat("x", 256)}

func TestAllowed(t *testing.T) {
	for _, path := range refusedPaths {
		if Allowed(path) {
			t.Errorf("%q is allowed", path)
		}
	}
	for _, path := range []string{".nojekyll", "a", "b/c.html", "b/manifest.json", "static/app-1.2_x.js", "404.html",
		"_x/-y", strings.Repeat("x", 255)} {
		if !Allowed(path) {
			t.Errorf("%q is refused", path)
		}
	}
}

func TestReadDropsEntries(t *testing.T) {
	good, other := x("good.html"), FileOf("a.html", []byte("other"))
	hash := good.SHA256
	files := []File{good, good, {"size.html", -1, hash}, {"hash.html", 1, ""}, {"hash.html", 1, strings.ToUpper(hash)},
		{"hash.html", 1, hash + "\n"}, x("a.html"), other}
	for _, path := range refusedPaths {
		files = append(files, x(path))
	}
	got, err := Read(bytes.NewReader(encoded(t, files...)))
	if err != nil {
		t.Fatal(err)
	}
	want := []File{x("a.html"), other, good}
	if !slices.Equal(got.Files, want) {
		t.Errorf("got %v", got.Files)
	}
	byPath := map[string][]File{"a.html": {x("a.html"), other}, "good.html": {good}}
	if !reflect.DeepEqual(got.ByPath(), byPath) {
		t.Errorf("by path: %v", got.ByPath())
	}
	if none := (*Manifest)(nil).ByPath(); len(none) > 0 {
		t.Errorf("no manifest has files: %v", none)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(encoded(f, x("index.html"), x("regions/a/index.html")))
	f.Add([]byte(`{"schema":1,"files":[{"path":"../x","size":1,"sha256":"` + x("").SHA256 + `"}]}`))
	f.Add([]byte(`{"schema":1,"files":[{"path":"a/.git","size":-1,"sha256":""},null]} `))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		for _, file := range m.Files {
			for _, part := range []string{"/../", "//", `\`, ":", "\x00", "/."} {
				if strings.Contains("/"+file.Path+"/", part) && file.Path != ".nojekyll" {
					t.Errorf("path %q", file.Path)
				}
			}
			if file.Path == "" || file.Size < 0 || len(file.SHA256) != 64 {
				t.Errorf("entry %v", file)
			}
		}
		again, err := m.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := Read(bytes.NewReader(again)); err != nil || len(back.Files) != len(m.Files) {
			t.Errorf("%v, %v", back, err)
		}
		if !json.Valid(again) {
			t.Error("not JSON")
		}
	})
}
