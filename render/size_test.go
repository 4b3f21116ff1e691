package render

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"

	"gpufleet/fetch/fleet"
	"gpufleet/static"
)

// TestOverviewSize checks that a phone loads less than 60 KB for the overview of 5,000 groups, with styles and script.
func TestOverviewSize(t *testing.T) {
	var list []*fleet.Instance
	for i := range 5000 {
		price, err := fleet.ParseMoney(fmt.Sprintf("%d.%03d", i%17, i*7919%1000))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, &fleet.Instance{
			ID:       fmt.Sprint(i),
			Region:   fmt.Sprintf("REGION-%d", i/25),
			GPU:      fmt.Sprintf("GPU-%d-80G", i%25),
			GPUCount: fleet.Known(float64(i%9 + 1)),
			Price:    fleet.Known(price),
			Status:   "Running",
		})
	}
	var folder memory
	if err := writeSite(reportOf(list...), folder.create); err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, path := range []string{"index.html", static.CSS.Path, static.Site.Path, static.Icon.Path} {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		if _, err := w.Write(folder.files[path].Bytes()); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(folder.files["index.html"].String(), path) && path != "index.html" {
			t.Errorf("the overview does not load %s", path)
		}
		total += packed.Len()
	}
	t.Logf("%d bytes", total)
	if total > 60_000 {
		t.Errorf("the overview is %d bytes, compressed", total)
	}
}
