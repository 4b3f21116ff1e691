package render

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestWeightInBrowser limits the compressed bytes that a browser transfers for the overview and for the explorer. The
// fleet's data doesn't count. It also limits the largest script of any page.
func TestWeightInBrowser(t *testing.T) {
	const kB = 1000
	v := newVisitor(t)
	for _, name := range []string{"demo", "large"} {
		address := serve(t, folderOf(t, name))
		for _, page := range []struct {
			path string
			most int
		}{{"index.html", 60 * kB}, {"instances/index.html", 90 * kB}} {
			v.open(t, address, page.path, 390, "light")
			v.mu.Lock()
			requests := v.requests
			v.mu.Unlock()
			whole := 0
			var parts []string
			for _, request := range requests {
				path, below := strings.CutPrefix(request, address)
				if !below || strings.HasPrefix(path, "data/") {
					continue
				}
				size := transferred(t, request)
				whole += size
				parts = append(parts, path)
				if strings.HasSuffix(path, ".js") && size > 30*kB {
					t.Errorf("%s: %s has %d bytes, at most 30 kB", name, path, size)
				}
			}
			t.Logf("%s: %s: %d bytes", name, page.path, whole)
			if whole > page.most || whole == 0 {
				t.Errorf("%s: %s transfers %d bytes, at most %d: %v", name, page.path, whole, page.most, parts)
			}
		}
	}
}

// transferred returns the compressed size of a file's content.
func transferred(t *testing.T, address string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept-Encoding", "gzip") // set explicitly, so that the client does not unpack the content
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK || response.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("%s: %s, %v", address, response.Status, err)
	}
	return len(content)
}
