// Package static holds the files of the site that are the same for every report: the style sheet and the icon.
package static

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"path"
	"strings"
)

// File is a file as it is published. Its name changes with its content, so that it may be cached for ever.
type File struct {
	Path    string // in the output folder: "static/gpufleet.3f9c2a81.css"
	Content string
}

// The parts of the style sheet, in the order in which they are joined: print comes last and overrides the others.
var (
	//go:embed tokens.css
	tokensCSS string
	//go:embed base.css
	baseCSS string
	//go:embed frame.css
	frameCSS string
	//go:embed parts.css
	partsCSS string
	//go:embed tables.css
	tablesCSS string
	//go:embed chart.css
	chartCSS string
	//go:embed print.css
	printCSS string

	//go:embed icon.svg
	iconSVG string
)

// The files.
var (
	CSS  = publish("gpufleet.css", tokensCSS+baseCSS+frameCSS+partsCSS+tablesCSS+chartCSS+printCSS)
	Icon = publish("icon.svg", iconSVG)
)

// Files returns every file, sorted by path.
func Files() []File { return []File{CSS, Icon} }

func publish(name, content string) File {
	sum := sha256.Sum256([]byte(content))
	extension := path.Ext(name)
	return File{
		Path:    "static/" + strings.TrimSuffix(name, extension) + "." + hex.EncodeToString(sum[:4]) + extension,
		Content: content,
	}
}
