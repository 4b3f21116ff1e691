package e2e

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/xuri/excelize/v2"
	"golang.org/x/net/html"
)

// Scripts runs the scripts in testdata/scripts. run is the program.
func Scripts(t *testing.T, run Run) {
	root, err := projectRoot()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:         filepath.Join(root, "render", "e2e", "testdata", "scripts"),
		WorkdirRoot: quickDir(t), Setup: setup, Cmds: commands(run),
		RequireExplicitExec: true, RequireUniqueNames: true,
	})
}

// setup completes a script's environment. It has nothing of the caller's, so no setting of the program comes from
// outside. The time is 2026-11-23 12:00 UTC unless the script sets another.
func setup(env *testscript.Env) error {
	env.Setenv("SOURCE_DATE_EPOCH", "1795435200")
	// With the race detector, every run would sleep for a second before it ends.
	env.Setenv("GORACE", "atexit_sleep_ms=10 "+env.Getenv("GORACE"))
	env.Values[testingT{}] = env.T()
	env.Values[standIns{}] = map[string]*standIn{}
	return nil
}

// testingT is the key of a script's testing.TB.
type testingT struct{}

// commands returns what scripts can do besides testscript's own commands.
//
// To run the program:
//
//	[!] run gpufleet ARGS...
//	    Runs it in this process, which takes a third of the time. "exec gpufleet" is for what needs a process of its own:
//	    standard input, a shell, the background, and variables that Go or the system read.
//	exits CODE PROGRAM ARGS...
//	    Like run, for a program that exits with this code. The function exits says what is checked besides. Programs
//	    other than gpufleet have a process of their own: "exits CODE env gpufleet" starts one.
//	interrupted SIGNAL NAME PROGRAM ARGS...
//	    Sends HUP, INT or TERM to the program when it waits for an answer of the server NAME. The program must exit
//	    within 2 seconds with the signal's exit code, and must not change, add or remove a file.
//	need TOOL CHECKS
//	    Skips the rest of the script if a tool isn't installed. CHECKS says what is then not checked.
//
// To stand in for the API or a published site:
//
//	serve NAME [PATH=]ANSWER...
//	    Starts a server, whose address is in the variable NAME. PATH is the end of a request's path; an answer without
//	    one is for all other requests. PATH@TOKEN is only for requests with this token. Several answers to a path are
//	    given in order, and the last one is repeated.
//	    An answer is a file, a status, both (401:FILE), or a folder to serve files from. "silent" means that the server
//	    never answers, "closed" that no server is there. "clock=25h" sets its clock that much ahead.
//
// To look at outputs:
//
//	sheet FILE.xlsx SHEET    prints the rows of a sheet's table, unformatted, with commas between the cells
//	section FILE.md HEADING  prints the text below a heading, up to the next heading
//	words FILE.html          prints the text of a page
//	unpack FILE.xlsx DIR     writes the parts of a workbook into a folder
//	[!] holds PATH TEXT      checks that a text is (is not) in a file, or in a file below a folder; also looks into
//	                         compressed files
//	[!] search [-except REGEXP] DIR REGEXP
//	                         prints the paths of the files below a folder that match, also inside compressed files; with
//	                         "!" it fails if there are any. What -except matches is left out of the search.
//	machine NAME             puts the name of this machine into a variable
//	same DIR DIR             checks that two folders have the same files, byte for byte
//	repack FILE OLD NEW      replaces a text in a gzip file, and corrects the manifest
func commands(run Run) map[string]func(ts *testscript.TestScript, neg bool, args []string) {
	return map[string]func(ts *testscript.TestScript, neg bool, args []string){
		"run": run.command, "exits": run.exits, "interrupted": interruptedRun, "need": need, "serve": startServer,
		"sheet": sheet, "section": section, "words": words, "holds": holds, "same": same, "repack": repack,
		"search": search, "unpack": unpackBook, "machine": machineName,
	}
}

func need(ts *testscript.TestScript, _ bool, args []string) {
	Need(ts.Value(testingT{}).(testing.TB), args[0], args[1])
}

func same(ts *testscript.TestScript, _ bool, args []string) {
	wantSame(ts, mustHaveFiles(ts, args[0]), mustHaveFiles(ts, args[1]))
}

func sheet(ts *testscript.TestScript, _ bool, args []string) {
	file, err := excelize.OpenFile(ts.MkAbs(args[0]))
	ts.Check(err)
	defer file.Close()
	rows, err := file.GetRows(args[1], excelize.Options{RawCellValue: true})
	ts.Check(err)
	for _, row := range rows[4:] { // behind title, caption, totals and header
		if serial, err := strconv.ParseFloat(row[1], 64); err == nil {
			moment, err := excelize.ExcelDateToTime(serial, false)
			ts.Check(err)
			row[1] = moment.Round(time.Second).Format("2006-01-02 15:04")
		}
		fmt.Fprintln(ts.Stdout(), strings.Join(row, ","))
	}
}

func section(ts *testscript.TestScript, _ bool, args []string) {
	_, after, found := strings.Cut(ts.ReadFile(args[0]), "# "+args[1]+"\n\n")
	if !found {
		ts.Fatalf("no section %q", args[1])
	}
	text, _, _ := strings.Cut(after, "#")
	fmt.Fprint(ts.Stdout(), text)
}

func words(ts *testscript.TestScript, _ bool, args []string) {
	tree, err := html.Parse(strings.NewReader(ts.ReadFile(args[0])))
	ts.Check(err)
	var words []string
	for n := range tree.Descendants() {
		if n.Type == html.TextNode {
			words = append(words, strings.Fields(n.Data)...)
		}
	}
	fmt.Fprintln(ts.Stdout(), strings.Join(words, " "))
}

// hashes matches the manifest's hashes, which can contain any short text by chance.
var hashes = regexp.MustCompile(`"sha256": "[0-9a-f]{64}"`)

// allFiles returns a file, or every file below a folder, unpacked and as it is, without the hashes of the manifest.
func allFiles(ts *testscript.TestScript, path string) map[string]string {
	files := mustHaveFiles(ts, path)
	ts.Check(unpack(files))
	if manifest, ok := files["manifest.json"]; ok {
		files["manifest.json"] = hashes.ReplaceAllString(manifest, "")
	}
	return files
}

func holds(ts *testscript.TestScript, neg bool, args []string) {
	place := ""
	for name, content := range allFiles(ts, args[0]) {
		if strings.Contains(content, args[1]) {
			place = path.Join(args[0], name)
		}
	}
	if neg && place != "" {
		ts.Fatalf("%s is in %s", args[1], place)
	}
	if !neg && place == "" {
		ts.Fatalf("%s is nowhere in %s", args[1], args[0])
	}
}

// repack changes a snapshot as someone would who knows how the folder is made.
func repack(ts *testscript.TestScript, _ bool, args []string) {
	path, old, replacement := args[0], args[1], args[2]
	before := ts.ReadFile(path)
	parts, err := gunzip(before)
	ts.Check(err)
	text := parts["unpacked"]
	if !strings.Contains(text, old) {
		ts.Fatalf("%s does not contain %s", path, old)
	}
	var after bytes.Buffer
	zip := gzip.NewWriter(&after)
	zip.Write([]byte(strings.ReplaceAll(text, old, replacement)))
	ts.Check(zip.Close())
	ts.Check(os.WriteFile(ts.MkAbs(path), after.Bytes(), 0o644))
	out, listed, _ := strings.Cut(path, "/")
	manifest := ts.ReadFile(out + "/manifest.json")
	entry := func(content []byte) string {
		return fmt.Sprintf("%q,\n   \"size\": %d,\n   \"sha256\": \"%x\"", listed, len(content), sha256.Sum256(content))
	}
	if !strings.Contains(manifest, entry([]byte(before))) {
		ts.Fatalf("the manifest does not contain %s: %s", entry([]byte(before)), manifest)
	}
	manifest = strings.Replace(manifest, entry([]byte(before)), entry(after.Bytes()), 1)
	ts.Check(os.WriteFile(ts.MkAbs(out+"/manifest.json"), []byte(manifest), 0o644))
}
