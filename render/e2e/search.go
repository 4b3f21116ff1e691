package e2e

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/rogpeppe/go-internal/testscript"
)

// search prints the paths of the files in which it finds an expression, in ascending order.
func search(ts *testscript.TestScript, neg bool, args []string) {
	var except *regexp.Regexp
	if args[0] == "-except" {
		except = mustCompile(ts, args[1])
		args = args[2:]
	}
	expression := mustCompile(ts, args[1])
	files := allFiles(ts, args[0])
	found := 0
	for _, path := range slices.Sorted(maps.Keys(files)) {
		content := files[path]
		if except != nil {
			content = except.ReplaceAllString(content, "")
		}
		at := expression.FindStringIndex(content)
		switch {
		case at == nil:
		case neg:
			ts.Fatalf("%s contains %q", path, content[max(0, at[0]-40):min(len(content), at[1]+40)])
		default:
			found++
			fmt.Fprintln(ts.Stdout(), path)
		}
	}
	if !neg && found == 0 {
		ts.Fatalf("%s is nowhere in %s", args[1], args[0])
	}
}

func mustCompile(ts *testscript.TestScript, text string) *regexp.Regexp {
	expression, err := regexp.Compile("(?m)" + text) // as for grep
	ts.Check(err)
	return expression
}

// unpackBook writes the parts of a workbook into a folder.
func unpackBook(ts *testscript.TestScript, _ bool, args []string) {
	parts, err := unzip(ts.ReadFile(args[0]))
	ts.Check(err)
	for name, content := range parts {
		path := filepath.Join(ts.MkAbs(args[1]), filepath.FromSlash(name))
		ts.Check(os.MkdirAll(filepath.Dir(path), 0o755))
		ts.Check(os.WriteFile(path, []byte(content), 0o644))
	}
}

// machineName puts the name of this machine into a variable. A short name can't be looked for, since it is part of
// many words: the variable then gets a text that is in no output.
func machineName(ts *testscript.TestScript, _ bool, args []string) {
	name, err := os.Hostname()
	ts.Check(err)
	if len(name) < 6 {
		name = "a name too short to look for"
	}
	ts.Setenv(args[0], name)
}
