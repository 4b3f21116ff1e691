package render

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gpufleet/render/e2e"
)

// A site is an output folder that the program wrote, from a list in the API's format. It has a history. Many tests
// read it, and none changes it.
var sites = map[string]func() (string, error){
	"demo":  site("demo", sample, sample),
	"large": site("large", reply(0, 2000), reply(50, 2030)),
	"empty": site("empty", list()),
	"wild":  site("wild", wildReply(0), wildReply(1)),
}

// siteNames are the names of the sites, simple ones first.
var siteNames = []string{"demo", "large", "empty", "wild"}

// folderOf returns the folder of a site. It creates the site when it is first needed.
func folderOf(t *testing.T, name string) string {
	t.Helper()
	dir, err := sites[name]()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// sample stands for the sample fleet in a list of replies.
const sample = "--demo"

// site renders replies, one day apart, into a folder below scratch.
func site(name string, replies ...string) func() (string, error) {
	return sync.OnceValues(func() (string, error) {
		out := filepath.Join(scratch, name)
		built, err := e2e.Build()
		if err != nil {
			return "", err
		}
		for day, reply := range replies {
			args := []string{"--quiet", "--out", out, "--budget", "100000"}
			if name == "wild" {
				args = append(args, "--title", wildNames[0]+wildNames[2][:160], "--audience", "internal")
				args = append(args, "--notes", "testdata/notes.md")
			}
			if reply == sample {
				args = append(args, reply)
			} else {
				args = append(args, "--input", "-")
			}
			run := exec.Command(built, args...)
			noon := time.Date(2026, 11, 20+day, 12, 0, 0, 0, time.UTC)
			run.Env = append(os.Environ(), fmt.Sprint("SOURCE_DATE_EPOCH=", noon.Unix()))
			run.Stdin = strings.NewReader(reply)
			if text, err := run.CombinedOutput(); err != nil {
				return "", fmt.Errorf("site %s: %w: %s", name, err, text)
			}
		}
		return out, nil
	})
}

// instance is an instance in a reply of the API.
type instance map[string]any

func list(rows ...instance) string {
	text, err := json.Marshal(map[string]any{
		"data":           append([]instance{}, rows...),
		"total_instance": len(rows),
		"status":         "success",
	})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// reply returns a list of the instances numbered from first to before end. A third of them are in one group, which
// then has several pages. Some have no price or an unknown number of GPUs.
func reply(first, end int) string {
	regions := []string{"CANADA-1", "MONTREAL-1", "NORWAY-1", "US-1", "Taiwan"}
	models := []string{"RTX-A6000", "H100-80G-SXM", "A100-80G-PCIe", "L40", "RTX-4090", ""}
	statuses := []string{"Running", "Running", "Running", "Stopped", "Error", "Deploying"}
	var rows []instance
	for i := first; i < end; i++ {
		region, model := regions[i%5], models[i/5%6]
		if i%3 == 0 {
			region, model = regions[0], models[0]
		}
		r := instance{
			"id":             fmt.Sprintf("i-%05d", i),
			"region":         region,
			"product_type":   []string{"VM", "Baremetal"}[i%2],
			"host_name":      fmt.Sprint("node-", i),
			"cpu_cores":      8 << (i % 4),
			"ram":            32 << (i % 4),
			"gpu":            model,
			"gpu_type":       model,
			"gpu_count":      1 + i%8,
			"disk_size":      500,
			"ephemeral":      0,
			"public_ipv4":    "203.0.113.7",
			"price_per_hour": float64(i%997+first) / 100,
			"os":             "Ubuntu Server 24.04 LTS",
			"status":         statuses[i%6],
			"created_at":     1767261600 + i*3600,
			"type":           1,
		}
		if i%41 == 0 {
			delete(r, "price_per_hour")
		}
		if i%53 == 0 {
			delete(r, "gpu_count")
		}
		rows = append(rows, r)
	}
	return list(rows...)
}

// wildReply is a list with hostile names, and with changes on each day.
func wildReply(day int) string {
	var rows []instance
	for i := range 600 {
		name := func(shift int) string { return wildNames[(i+shift)%len(wildNames)] }
		r := instance{
			"id":             fmt.Sprint(name(5), i),
			"region":         "CANADA-1",
			"gpu":            "RTX-A6000",
			"host_name":      name(0),
			"status":         wildStatuses[(i+day)%len(wildStatuses)],
			"os":             name(3),
			"product_type":   name(1),
			"gpu_type":       name(2),
			"public_ipv4":    name(4),
			"gpu_count":      i % 9,
			"ram":            58,
			"price_per_hour": 1234.567,
		}
		if i < 40 {
			r["region"], r["gpu"] = name(0), wildNames[i/4%len(wildNames)]
		}
		if i%3 == 0 {
			r["price_per_hour"] = "9999999999.123456789012"
		}
		rows = append(rows, r)
	}
	return list(rows...)
}

// subPath is where serve puts a site, because links must not depend on it.
const subPath = "/some/sub/path/"

// serve serves a folder below subPath as GitHub Pages does: compressed, cached for ten minutes, with index.html for a
// folder and 404.html for a missing file. It returns the site's address, which ends in a slash.
func serve(t *testing.T, dir string) string {
	t.Helper()
	mime.AddExtensionType(".md", "text/markdown; charset=utf-8")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, below := strings.CutPrefix(r.URL.Path, subPath)
		if !below {
			http.Error(w, "outside the site", http.StatusNotFound)
			return
		}
		if name == "" || strings.HasSuffix(name, "/") {
			name += "index.html"
		}
		content, err := fs.ReadFile(os.DirFS(dir), name)
		status := http.StatusOK
		if err != nil {
			name, status = "404.html", http.StatusNotFound
			content, _ = os.ReadFile(filepath.Join(dir, name))
		}
		header := w.Header()
		header.Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
		header.Set("Cache-Control", "max-age=600")
		header.Set("Content-Encoding", "gzip")
		w.WriteHeader(status)
		zip := gzip.NewWriter(w)
		zip.Write(content)
		zip.Close()
	}))
	t.Cleanup(server.Close)
	return server.URL + subPath
}

// pageTypes returns the path of the largest page of each type that a site has, by the name of the type. Paths have
// slashes.
func pageTypes(t *testing.T, dir string) map[string]string {
	t.Helper()
	types, sizes := map[string]string{}, map[string]int64{}
	for file, size := range pagesIn(t, dir) {
		folder, name := path.Split(file)
		top, _, _ := strings.Cut(folder, "/")
		kind := fmt.Sprint(top, strings.Repeat("/*", strings.Count(folder, "/")), " ", strings.TrimSuffix(name, ".html"))
		if first, _, paged := strings.Cut(kind, "page-"); paged {
			kind = first + "page-N"
		}
		if size > sizes[kind] || size == sizes[kind] && file < types[kind] {
			types[kind], sizes[kind] = file, size
		}
	}
	return types
}

// pagesIn returns the sizes of all pages of a site, in bytes by path.
func pagesIn(t *testing.T, dir string) map[string]int64 {
	t.Helper()
	pages := map[string]int64{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || path.Ext(file) != ".html" {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			pages[file] = info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

// readText reads a file of a site.
func readText(t *testing.T, dir, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(file)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// webTools returns the folder with the npm packages of .ci/web/package.json.
func webTools(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../.ci/web/node_modules")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err != nil {
		e2e.Skip(t, "checks with axe-core, html-validate and Lighthouse", "a package of .ci/web/package.json")
	}
	return dir
}
