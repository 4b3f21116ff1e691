package templates

import (
	"crypto/sha256"
	"encoding/base64"

	"gpufleet/static"
)

// standalonePolicy lets a page use the one style that it brings along, and load nothing.
var standalonePolicy = func() string {
	sum := sha256.Sum256([]byte(static.CSS.Content))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
}()
