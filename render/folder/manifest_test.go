package folder

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestReadManifest(t *testing.T) {
	want := manifestOf(first)
	data, err := want.encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := ReadManifest(bytes.NewReader(data))
	if err != nil || !reflect.DeepEqual(got, &want) {
		t.Errorf("%v, %v", got, err)
	}
	documented := `{"schema": 1, "source": "api", "audience": "internal", "files": [{"path": "a", "size": 1, "sha256": "` + sum("a", "x").SHA256 + `"}]}`
	got, err = ReadManifest(strings.NewReader(documented))
	if err != nil || !reflect.DeepEqual(got, &Manifest{1, "api", "internal", []File{sum("a", "x")}}) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestReadManifestRefuses(t *testing.T) {
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
		"too many":      `{"schema":1,"files":[{}` + strings.Repeat(",{}", 4*maxManifestFiles) + `]}`,
	} {
		if m, err := ReadManifest(strings.NewReader(data)); err == nil {
			t.Errorf("%s: %v", name, m)
		} else if len(err.Error()) > 100 {
			t.Errorf("%s: the error quotes what was read: %.200s", name, err)
		}
	}
	const small = `{"schema":1,"files":[]}`
	if _, err := readManifest(strings.NewReader(small), len(small)); err != nil {
		t.Error(err)
	}
	if m, err := readManifest(strings.NewReader(small), len(small)-1); err == nil {
		t.Errorf("over the limit: %v", m)
	}
	endless := &blanks{}
	if m, err := readManifest(io.MultiReader(strings.NewReader(small), endless), 1<<20); err == nil || endless.read > 1<<20 {
		t.Errorf("%v after %d bytes", m, endless.read)
	}
	if _, err := ReadManifest(io.MultiReader(strings.NewReader(`{"schema":1}`), brokenReader{})); err != io.ErrClosedPipe {
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

// A long run of blanks is no trouble.
func TestReadManifestOfBlanks(t *testing.T) {
	start := time.Now()
	if _, err := ReadManifest(strings.NewReader(`{"schema":` + strings.Repeat(" ", 2<<20) + `1}`)); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestReadManifestDropsEntries(t *testing.T) {
	good := sum("good.html", "x")
	files := []File{good, good, {"size.html", -1, good.SHA256}, {"hash.html", 1, ""}, {"hash.html", 1, strings.ToUpper(good.SHA256)},
		{"hash.html", 1, good.SHA256 + "\n"}, sum("a.html", "1"), sum("a.html", "2")}
	for _, path := range refusedPaths {
		files = append(files, sum(path, "x"))
	}
	got, err := ReadManifest(strings.NewReader(encoded(t, files...)))
	if err != nil {
		t.Fatal(err)
	}
	want := sorted([]File{good, sum("a.html", "1"), sum("a.html", "2")})
	if !reflect.DeepEqual(got.Files, want) {
		t.Errorf("got %v", got.Files)
	}
}

// A manifest from another's hands makes a run remove nothing but files inside that are exactly as it lists them.
func TestTamperedManifest(t *testing.T) {
	top := t.TempDir()
	dir := top + "/out"
	mine := site{"../secret": "s", ".git/config": "[core]", "sub/.env": "KEY=1", "README.md": "mine", "CNAME": "example.org", ".hidden": "h"}
	write(t, dir, mine)
	var all []File
	for path, data := range mine {
		if path != "README.md" && path != "CNAME" {
			all = append(all, sum(path, data))
		}
	}
	all = append(all, sum("README.md", "another text"), sum("README.md", "mime"), File{"CNAME", 11, sum("", "x").SHA256}, // wrong hashes
		sum(top+"/secret", "s"), sum("sub/../../secret", "s"), sum(`..\secret`, "s"), sum("sub", ""), sum("sub/", ""), sum(".", ""), sum("", ""))
	good := encoded(t, all...)
	for name, manifest := range map[string]string{
		"listed":     good,
		"duplicated": good[:strings.LastIndex(good, "]")] + "," + good[strings.Index(good, "[")+1:],
		"not JSON":   "rm -rf /",
		"twice":      good + good,
		"huge":       strings.Replace(good, `"files": [`, `"files": [`+strings.Repeat(`{},`, 50_000), 1),
		"empty":      "",
	} {
		t.Run(name, func(t *testing.T) {
			write(t, dir, site{manifestName: manifest})
			before := look(t, top)
			mustRun(t, dir, first)
			mustRun(t, dir, site{})
			after := look(t, top)
			for path, what := range before {
				if path != "out/manifest.json" && after[path] != what {
					t.Errorf("%s was %q, is %q", path, what, after[path])
				}
			}
			if len(after) != len(before) {
				t.Errorf("the folder now has %v", after)
			}
		})
	}
}

func FuzzReadManifest(f *testing.F) {
	data, err := manifestOf(first).encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"schema":1,"files":[{"path":"../x","size":1,"sha256":"` + sum("", "x").SHA256 + `"}]}`))
	f.Add([]byte(`{"schema":1,"files":[{"path":"a/.git","size":-1,"sha256":""},null]} `))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := ReadManifest(bytes.NewReader(data))
		if err != nil {
			return
		}
		for _, file := range m.Files {
			for _, part := range []string{"..", "//", `\`, ":", "\x00", "/."} {
				if strings.Contains("/"+file.Path+"/", part) && file.Path != ".nojekyll" && part != ".." || strings.Contains(file.Path, "../") {
					t.Errorf("path %q", file.Path)
				}
			}
			if file.Path == "" || file.Size < 0 || len(file.SHA256) != 64 {
				t.Errorf("entry %v", file)
			}
		}
		again, err := m.encode()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := ReadManifest(bytes.NewReader(again)); err != nil || len(back.Files) != len(m.Files) {
			t.Errorf("%v, %v", back, err)
		}
		if !json.Valid(again) {
			t.Error("not JSON")
		}
	})
}
