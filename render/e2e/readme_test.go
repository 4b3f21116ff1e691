package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// elsewhere are the README's commands that TestReadme only looks up: those that would run the tests again, and lint,
// which .ci/run starts with.
var elsewhere = regexp.MustCompile(`(?m)^make (test|cover|bench|lint)$`)

// TestReadme runs the commands of the README, in order, in a fresh copy of the project.
func TestReadme(t *testing.T) {
	t.Parallel()
	half := func(id int) string {
		row := fmt.Sprintf(`{"id": %d, "host_name": "h%d", "status": "Running"}`, id, id)
		return `{"data": [` + row + `], "total_instance": 2, "status": "success"}`
	}
	examples := blocks(t, "csv")
	if len(examples) != 1 {
		t.Fatalf("the README has %d price files", len(examples))
	}
	above := t.TempDir()
	for name, content := range map[string]string{
		"key.txt": "ak_1\n", "reply.json": reply(goodRow), "page-1.json": half(1), "page-2.json": half(2),
		"prices.csv": examples[0],
	} {
		write(t, filepath.Join(above, name), content)
	}
	dir := filepath.Join(above, "gpufleet")
	clone(t, dir)

	script := elsewhere.ReplaceAllString(strings.Join(blocks(t, "sh"), ""), "make -n $1")
	command := exec.Command("bash", "-euxo", "pipefail", "-c", script)
	command.Dir = dir
	// Without the names of folders in them, compiled packages are the same in every copy of the project, and Go has them.
	command.Env = append(without(os.Environ(), "GPUFLEET_", "GITHUB_"), "GOFLAGS=-trimpath", "MAKEFLAGS=",
		"GPUFLEET_API_URL="+serve(t, fixed(200, reply(goodRow))).URL)
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	for _, path := range []string{
		"gpufleet/out/index.html", "site/fleet.xlsx", "internal-site/summary.md", "sample/manifest.json",
		"priced/data/groups.csv", "checked/data/groups.csv",
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

// TestReadmeTables compares the flags and exit codes in the README with the program's.
func TestReadmeTables(t *testing.T) {
	t.Parallel()
	text := readme(t)
	help := job{args: []string{"--help"}}.run(t)
	help.stdout = regexp.MustCompile(`\n {10,}`).ReplaceAllString(help.stdout, " ") // the help wraps long lines
	lines := regexp.MustCompile(`(?m)^  --([a-z-]+) .*?(?: \(default (.*)\))?$`).FindAllStringSubmatch(help.stdout, -1)
	if help.code != 0 || len(lines) < 20 {
		t.Fatalf("exit code %d, %d flags: %s", help.code, len(lines), help.stdout)
	}
	flags := map[string]bool{}
	for _, line := range lines {
		name, fallback := line[1], line[2]
		flags[name] = true
		if !strings.Contains(text, "`--"+name) {
			t.Errorf("the README doesn't mention --%s", name)
		}
		if fallback != "" && !strings.Contains(text, "` | `"+fallback+"` |") {
			t.Errorf("the README has another default for --%s than %s", name, fallback)
		}
	}
	for _, match := range regexp.MustCompile("`--([a-z-]+)").FindAllStringSubmatch(text, -1) {
		if !flags[match[1]] {
			t.Errorf("the README mentions --%s, which isn't a flag", match[1])
		}
	}
	hideable := regexp.MustCompile(`FIELDS to leave out, with commas: (.*)`).FindStringSubmatch(help.stdout)
	if hideable == nil || !strings.Contains(text, "`"+strings.ReplaceAll(hideable[1], ", ", "`, `")+"`") {
		t.Errorf("the README doesn't list what --hide takes: %q", hideable)
	}
	for code := range 6 { // those of a signal are 128 and its number
		if !strings.Contains(text, fmt.Sprintf("\n| %d | ", code)) {
			t.Errorf("the README doesn't explain exit code %d", code)
		}
	}
}
