package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// longCommands are commands that TestReadme doesn't run: they would run the tests again, or take long.
var longCommands = regexp.MustCompile(`(?m)^make (test|quick|cover|lint|bench)\b`)

// TestReadme runs the commands of the README and the guides in order, in a fresh copy of the project.
func TestReadme(t *testing.T) {
	t.Parallel()
	half := func(id int) string {
		row := fmt.Sprintf(`{"id": %d, "host_name": "h%d", "status": "Running"}`, id, id)
		return `{"data": [` + row + `], "total_instance": 2, "status": "success"}`
	}
	tables := blocks(t, settingsGuide, "csv")
	if len(tables) != 2 {
		t.Fatalf("%s has %d examples in CSV, want those of prices and owners", settingsGuide, len(tables))
	}
	above := t.TempDir()
	for name, content := range map[string]string{
		"key.txt": "ak_1\n", "research-key.txt": "ak_2\n",
		"reply.json": reply(goodRow), "page-1.json": half(1), "page-2.json": half(2),
		"prices.csv": tables[0], "owners.csv": tables[1], "notes.md": block(t, settingsGuide, "markdown"),
	} {
		write(t, filepath.Join(above, name), content)
	}
	dir := filepath.Join(above, "gpufleet")
	clone(t, dir)
	api := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/products") {
			io.WriteString(w, `{"data": {}, "status": "success"}`)
			return
		}
		io.WriteString(w, reply(goodRow))
	}).URL

	for _, path := range documents {
		script := longCommands.ReplaceAllString(strings.Join(blocks(t, path, "sh"), ""), "make -n $1")
		command := exec.Command("bash", "-euxo", "pipefail", "-c", script)
		command.Dir = dir
		// Without the names of folders in them, compiled packages are the same in every copy, and Go has cached them.
		// Programs are linked sooner without data for debuggers.
		command.Env = append(without(os.Environ(), "GPUFLEET_", "GITHUB_"), "GOFLAGS=-trimpath -ldflags=-w -vet=off",
			"MAKEFLAGS=", "GPUFLEET_API_URL="+api)
		if path != readmePath { // which sets a token itself
			command.Env = append(command.Env, "GPUFLEET_TOKEN=ak_1")
		}
		output, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s", path, err, output)
		}
		for line := range strings.Lines(string(output)) {
			if strings.Contains(line, "warning: ../notes.md") {
				t.Errorf("%s: the notes of the example are not shown in full: %s", path, line)
			}
		}
	}
	for _, path := range []string{
		"gpufleet/out/index.html", "site/fleet.xlsx", "internal-site/summary.md", "sample/manifest.json",
		"priced/data/groups.csv", "owned/data/groups.csv", "checked/data/groups.csv", "private/instances.csv",
	} {
		if _, err := os.Stat(filepath.Join(above, path)); err != nil {
			t.Error(err)
		}
	}
}

// clone copies the project as it is now, without what git ignores, and makes the copy a repository of its own.
func clone(t *testing.T, dir string) {
	t.Helper()
	list := exec.Command("git", "ls-files", "-z", "-co", "--exclude-standard")
	list.Dir = root
	paths, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for path := range strings.SplitSeq(strings.TrimSuffix(string(paths), "\x00"), "\x00") {
		info, err := os.Stat(filepath.Join(root, path))
		if os.IsNotExist(err) || err == nil && !info.Mode().IsRegular() {
			continue // deleted and not yet committed, or a link
		}
		content, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(write(t, filepath.Join(dir, path), string(content)), info.Mode()); err != nil {
			t.Fatal(err)
		}
	}
	commit := "git init -q && git add -A && git commit -qm x"
	if output, failed := shell(t, dir, filepath.Dir(Program(t)), commit); failed {
		t.Fatal(output)
	}
}

// TestReadmeTables compares the flags, exit codes and columns in the README and the guides with the program's.
func TestReadmeTables(t *testing.T) {
	t.Parallel()
	help := job{args: []string{"--help"}, process: true}.run(t)
	help.stdout = regexp.MustCompile(`\n {10,}`).ReplaceAllString(help.stdout, " ") // the help wraps long lines
	lines := regexp.MustCompile(`(?m)^  --([a-z-]+) .*?(?: \(default (.*)\))?$`).FindAllStringSubmatch(help.stdout, -1)
	if help.code != 0 || len(lines) < 20 {
		t.Fatalf("exit code %d, %d flags: %s", help.code, len(lines), help.stdout)
	}
	text := document(t, settingsGuide)
	flags := map[string]bool{}
	for _, line := range lines {
		name, fallback := line[1], line[2]
		flags[name] = true
		if !strings.Contains(text, "`--"+name) {
			t.Errorf("%s doesn't mention --%s", settingsGuide, name)
		}
		if fallback != "" && !strings.Contains(text, "` | `"+fallback+"` |") {
			t.Errorf("%s has another default for --%s than %s", settingsGuide, name, fallback)
		}
	}
	for _, path := range documents {
		for _, match := range regexp.MustCompile("`--([a-z-]+)").FindAllStringSubmatch(document(t, path), -1) {
			if !flags[match[1]] {
				t.Errorf("%s mentions --%s, which isn't a flag", path, match[1])
			}
		}
	}
	hideable := regexp.MustCompile(`FIELDS to leave out, with commas: (.*)`).FindStringSubmatch(help.stdout)
	if hideable == nil || !strings.Contains(text, "`"+strings.ReplaceAll(hideable[1], ", ", "`, `")+"`") {
		t.Errorf("%s doesn't list what --hide takes: %q", settingsGuide, hideable)
	}
	text = document(t, readmePath)
	for code := range 6 { // a signal's code is 128 plus its number
		if !strings.Contains(text, fmt.Sprintf("\n| %d | ", code)) {
			t.Errorf("the README doesn't explain exit code %d", code)
		}
	}
}

// TestFilesGuide compares the columns and the JSON in the guide to the files with those of the sample.
func TestFilesGuide(t *testing.T) {
	t.Parallel()
	out := filepath.Join(quickDir(t), "out")
	if result := (job{args: []string{"--demo", "--audience", "internal", "--out", out}}.run(t)); result.code != 0 {
		t.Fatal(result.stderr)
	}
	read := func(path string) string {
		content, err := os.ReadFile(filepath.Join(out, path))
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	_, tables, _ := strings.Cut(document(t, filesGuide), "\n### Columns of an instance\n")
	instances, groups, _ := strings.Cut(tables, "\n### Columns of a group\n")
	for path, section := range map[string]string{"data/instances.csv": instances, "data/groups.csv": groups} {
		section, _, _ := strings.Cut(section, "\n## ")
		var explained []string
		for _, row := range regexp.MustCompile("(?m)^\\| `(.*?)` \\|").FindAllStringSubmatch(section, -1) {
			explained = append(explained, row[1])
		}
		header, _, _ := strings.Cut(read(path), "\n")
		want := append([]string{"generated_at", "currency"}, explained...)
		if diff := cmp.Diff(strings.Split(strings.TrimPrefix(header, "\uFEFF"), ","), want); diff != "" {
			t.Errorf("%s: %s explains other columns: %s", path, filesGuide, diff)
		}
	}

	var example map[string]any
	var list struct{ Instances []map[string]any }
	if err := json.Unmarshal([]byte(block(t, filesGuide, "json")), &example); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(read("data/instances.json")), &list); err != nil {
		t.Fatal(err)
	}
	delete(list.Instances[0], "public_ipv4") // which a public report doesn't show
	if diff := cmp.Diff(list.Instances[0], example); diff != "" {
		t.Errorf("%s: the example differs from the sample's first instance: %s", filesGuide, diff)
	}
}
