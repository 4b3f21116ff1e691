package archive

import (
	"strings"
	"testing"

	"gpufleet/render/report"
)

// TestArchiveHidesAddresses reads the instances back: a public archive has no address, and an internal one has them.
func TestArchiveHidesAddresses(t *testing.T) {
	for _, name := range []string{"plain", "internal"} {
		w, m, addresses := worlds()[name], memory{}, 0
		w.write(t, name, 4, m)
		for path, data := range m {
			_, rows := readBack(t, data)
			for _, r := range rows {
				for column, value := range r {
					text, _ := value.(string)
					if !strings.Contains(text, "198.51.") {
						continue
					}
					addresses++
					if column != "public_ipv4" {
						t.Errorf("%s: %s has an address", path, column)
					}
				}
			}
		}
		if isInternal := w.settings.Audience == report.Internal; isInternal != (addresses > 0) {
			t.Errorf("%s: %d addresses", name, addresses)
		}
	}
}
