// Package static holds the files that are the same on every site: the style sheet, the scripts and the icon.
package static

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"path"
	"strings"
)

// File is a published file. Its name changes with its content, so that it can be cached forever.
type File struct {
	Path    string // in the output folder: "static/gpufleet.3f9c2a81.css"
	Content string
}

// The parts of the style sheet, in order: print comes last and overrides the others.
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
	//go:embed explorer.css
	explorerCSS string
	//go:embed print.css
	printCSS string

	//go:embed site.js
	siteJS string
	//go:embed sort.js
	sortJS string
	//go:embed explorer
	explorerJS embed.FS

	//go:embed icon.svg
	iconSVG string
)

// The files.
var (
	CSS      = publish("gpufleet.css", tokensCSS+baseCSS+frameCSS+partsCSS+tablesCSS+chartCSS+explorerCSS+printCSS)
	Explorer = publish("explorer.js",
		script(explorer("format", "data", "find", "csv", "address", "controls", "rows", "later", "start")...))
	Site = publish("site.js", script(siteJS, sortJS)) // of every page
	Icon = publish("icon.svg", iconSVG)
)

// The background of the pages in each scheme, for the browser's own controls around them.
const (
	LightGround = "#f6f6f2"
	DarkGround  = "#101416"
)

// Files returns every file, sorted by path.
func Files() []File { return []File{Explorer, CSS, Icon, Site} }

func publish(name, content string) File {
	sum := sha256.Sum256([]byte(content))
	extension := path.Ext(name)
	return File{
		Path:    "static/" + strings.TrimSuffix(name, extension) + "." + hex.EncodeToString(sum[:4]) + extension,
		Content: content,
	}
}

// script joins the parts of a script into a function, so that they define no global names. It is not a module, since
// browsers don't load modules from file://.
func script(parts ...string) string {
	return "\"use strict\";\n(() => {\n" + strings.Join(parts, "\n") + "})();\n"
}

// explorer returns the named parts of the explorer's script.
func explorer(names ...string) []string {
	parts := make([]string, len(names))
	for i, name := range names {
		text, err := explorerJS.ReadFile("explorer/" + name + ".js")
		if err != nil {
			panic(err) // the part was not embedded
		}
		parts[i] = string(text)
	}
	return parts
}
