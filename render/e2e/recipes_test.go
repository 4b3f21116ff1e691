package e2e

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// shell runs commands in a folder, with the program in the PATH. It returns their output and whether they failed.
func shell(t *testing.T, dir, program, commands string, env ...string) (output string, failed bool) {
	t.Helper()
	command := exec.Command("bash", "-euo", "pipefail", "-c", commands)
	command.Dir = dir
	command.Env = append(without(os.Environ(), "GPUFLEET_", "GITHUB_", "GIT_"), "PATH="+program+":"+os.Getenv("PATH"),
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "GIT_AUTHOR_NAME=x",
		"GIT_AUTHOR_EMAIL=x@example.org", "GIT_COMMITTER_NAME=x", "GIT_COMMITTER_EMAIL=x@example.org")
	command.Env = append(command.Env, env...)
	text, err := command.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(text), err != nil
}

// TestBranchRecipe runs the publishing guide's script several times against a new repository.
func TestBranchRecipe(t *testing.T) {
	t.Parallel()
	dir, program := t.TempDir(), filepath.Dir(Program(t))
	for name, content := range map[string]string{
		"publish.sh": block(t, publishingGuide, "bash"),
		"one.json": `{"data": [{"id": 1, "region": "A", "gpu": "RTX", "status": "Running"}], ` +
			`"total_instance": 1, "status": "success"}`,
		"two.json":    twoInstances,
		"broken.json": "{",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if output, failed := shell(t, dir, program, `
git init --quiet --bare --initial-branch=main repository
git clone --quiet repository start 2>/dev/null
cd start
git switch --quiet --orphan gh-pages
echo fleet.example.org > CNAME
git add CNAME
git commit --quiet -m Start
git push --quiet origin gh-pages`); failed {
		t.Fatal(output)
	}
	// The machine has no identity for git, and git changes line ends where it may.
	config := write(t, filepath.Join(dir, "gitconfig"), "[core]\n\tautocrlf = true\n[user]\n\tuseConfigOnly = true\n")
	publish := func(input, epoch string) (output string, failed bool) {
		return shell(t, dir, program,
			"unset GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL\n"+
				"bash publish.sh repository gh-pages site",
			"GPUFLEET_INPUT="+filepath.Join(dir, input), "SOURCE_DATE_EPOCH="+epoch, "GIT_CONFIG_GLOBAL="+config)
	}
	published := func(want int, files ...string) string {
		t.Helper()
		log, _ := shell(t, dir, program, "git -C repository log --format=%s gh-pages")
		if got := strings.Count(log, "Fleet report\n"); got != want {
			t.Errorf("%d reports are published, want %d: %s", got, want, log)
		}
		tree, _ := shell(t, dir, program, "git -C repository ls-tree -r --name-only gh-pages")
		for _, file := range append(files, "CNAME") {
			if !strings.Contains("\n"+tree, "\n"+file+"\n") {
				t.Errorf("%s is not published: %s", file, tree)
			}
		}
		if strings.Contains(tree, ".gpufleet") {
			t.Errorf("leftovers are published: %s", tree)
		}
		status, _ := shell(t, dir, program, "git -C site status --porcelain")
		if status != "" {
			t.Errorf("the folder is not clean: %s", status)
		}
		return tree
	}
	run := func(input, epoch string) {
		t.Helper()
		if output, failed := publish(input, epoch); failed {
			t.Fatal(output)
		}
	}

	run("two.json", "1795435200")
	published(1, "index.html", ".nojekyll", "regions/a/rtx/index.html")
	run("two.json", "1795435200") // nothing has changed, not even the time
	published(1, ".gitattributes")
	if author, _ := shell(t, dir, program, "git -C repository log -1 --format='%an <%ae>, %cn <%ce>' gh-pages"); author !=
		"gpufleet <gpufleet@localhost>, gpufleet <gpufleet@localhost>\n" {
		t.Errorf("the report is committed by %s", author)
	}
	// Whoever clones the branch gets every byte as it was written.
	if output, failed := shell(t, dir, program, "git clone --quiet --branch gh-pages repository copy && "+
		"diff -r --exclude=.git site copy", "GIT_CONFIG_GLOBAL="+config); failed {
		t.Error(output)
	}
	run("one.json", "1795521600")
	tree := published(2, "data/snapshots/2026-11-23.json.gz", "data/snapshots/2026-11-24.json.gz")
	changes, _ := shell(t, dir, program, "git -C repository show gh-pages:data/changes.json")
	if !strings.Contains(changes, `"removed":[`+"\n") {
		t.Errorf("the run did not compare: %s", changes)
	}

	// A run that fails publishes nothing.
	if output, failed := publish("broken.json", "1795608000"); !failed {
		t.Error(output)
	}
	if published(2) != tree {
		t.Error("a failed run changed the branch")
	}

	// A commit that could not be pushed and the remains of a killed run are replaced. An empty folder works too.
	if output, failed := shell(t, dir, program, "git -C site commit --quiet --allow-empty -m 'Fleet report'; "+
		"echo half > site/index.html; mkdir site/.gpufleet-1"); failed {
		t.Fatal(output)
	}
	run("two.json", "1795608000")
	published(3)
	if output, failed := shell(t, dir, program, "rm -r site"); failed {
		t.Fatal(output)
	}
	run("one.json", "1795694400")
	published(4, "data/snapshots/2026-11-23.json.gz")
}

// TestSchedules checks the crontab line and the systemd units of the publishing guide, as far as possible without
// installing them.
func TestSchedules(t *testing.T) {
	t.Parallel()
	fields := strings.SplitN(strings.TrimSpace(block(t, publishingGuide, "crontab")), " ", 6)
	for _, field := range fields[:5] {
		if !regexp.MustCompile(`^(\*|\d{1,2})$`).MatchString(field) {
			t.Errorf("not a time: %q", field)
		}
	}
	dir, program := t.TempDir(), filepath.Dir(Program(t))
	token, site := filepath.Join(dir, ".gpufleet-token"), filepath.Join(dir, "site")
	if err := os.WriteFile(token, []byte("the-token\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	command := strings.NewReplacer("/usr/local/bin/gpufleet", "gpufleet", "/srv/fleet", site).Replace(fields[5])
	output, failed := shell(t, dir, program, command, "HOME="+dir, "GPUFLEET_API_URL="+tokenServer(t))
	if failed || output != "" && !strings.HasPrefix(output, "gpufleet: warning: ") {
		t.Error(output)
	}
	if _, err := os.Stat(filepath.Join(site, "index.html")); err != nil {
		t.Error(err)
	}

	units := blocks(t, publishingGuide, "ini")
	if len(units) != 2 {
		t.Fatalf("%d units", len(units))
	}
	var paths []string
	for i, name := range []string{"gpufleet.service", "gpufleet.timer"} {
		path := filepath.Join(dir, name)
		paths = append(paths, path)
		write(t, path, strings.ReplaceAll(units[i], "/usr/local/bin/gpufleet", filepath.Join(program, "gpufleet")))
		for line := range strings.Lines(units[i]) {
			if !regexp.MustCompile(`^(\[\w+\]|[A-Z]\w+=.*|)\n$`).MatchString(line) {
				t.Errorf("%s: %q", name, line)
			}
		}
	}
	Need(t, "systemd-analyze", "the units as systemd reads them")
	verify := exec.Command("systemd-analyze", append([]string{"verify", "--man=no"}, paths...)...)
	if output, err := verify.CombinedOutput(); err != nil || strings.Contains(string(output), dir) {
		t.Errorf("%v: %s", err, output)
	}
}

// TestTroubleshooting makes the program print the messages that the publishing guide quotes, in their order.
func TestTroubleshooting(t *testing.T) {
	t.Parallel()
	_, section, _ := strings.Cut(document(t, publishingGuide), "\n## Troubleshooting\n")
	section, _, _ = strings.Cut(section, "\n### The network") // which TestNetworkTroubleshooting checks
	quoted := regexp.MustCompile("(?m)^\\| `(.*?)`").FindAllStringSubmatch(section, -1)
	full := `{"data": [{"id": 1},{"id": 2},{"id": 3},{"id": 4},{"id": 5},{"id": 6},{"id": 7},{"id": 8},{"id": 9},` +
		`{"id": 10}], "total_instance": 10, "status": "success"}`
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusForbidden)
	}))
	defer site.Close()
	half := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"data": [{"id": 1}], "total_instance": 3, "status": "success"}`)
	}))
	defer half.Close()
	old := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", "Sun, 22 Nov 2020 12:00:00 GMT")
		io.WriteString(w, full)
	}))
	defer old.Close()
	dir, program := t.TempDir(), filepath.Dir(Program(t))
	mixed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/data/history.json" { // which is empty
			http.ServeFile(w, r, filepath.Join(dir, "out", r.URL.Path))
		}
	}))
	defer mixed.Close()
	for name, content := range map[string]string{"full.json": full, "reply.json": twoInstances} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	runs := []string{
		"GPUFLEET_TOKEN=expired gpufleet --api-url " + tokenServer(t),
		"GPUFLEET_TOKEN='\"x\"' gpufleet",
		"gpufleet --out out",
		"GPUFLEET_TOKEN=x gpufleet --api-url " + half.URL,
		"gpufleet --input full.json; gpufleet --input reply.json",
		"gpufleet --input reply.json --previous " + site.URL,
		"gpufleet --input full.json --out new --previous " + mixed.URL,
		"gpufleet --input full.json --currency EUR",
		"GPUFLEET_TOKEN=x gpufleet --out new --api-url " + old.URL,
		"gpufleet --input reply.json --base-url http://fleet.example.org",
	}
	if len(quoted) != len(runs) {
		t.Fatalf("%d messages are quoted, %d are known", len(quoted), len(runs))
	}
	for i, run := range runs {
		output, failed := shell(t, dir, program, run, "ACCESS_TOKEN=", "NEBULA_BLOCK_API_KEY=")
		want := strings.ReplaceAll(regexp.QuoteMeta(quoted[i][1]), "…", ".+")
		want = strings.ReplaceAll(want, `ak_.+`, "ak_…")
		if !failed || !regexp.MustCompile(want).MatchString(output) {
			t.Errorf("%s: the guide says %q: %s", run, quoted[i][1], output)
		}
	}
}

// TestSecurityPolicy checks that every test that the security policy names exists.
func TestSecurityPolicy(t *testing.T) {
	var sources strings.Builder
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		content, err := os.ReadFile(path)
		sources.Write(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	test := regexp.MustCompile("`((?:Test|Fuzz)\\w+)(?:/([\\w-]+))?`")
	named := test.FindAllStringSubmatch(document(t, securityPolicy), -1)
	if len(named) < 40 {
		t.Errorf("only %d tests are named", len(named))
	}
	for _, name := range named {
		if !strings.Contains(sources.String(), "\nfunc "+name[1]+"(") {
			t.Errorf("there is no %s", name[1])
		}
		if name[2] != "" {
			if _, err := os.Stat(filepath.Join(root, "render/e2e/testdata/scripts", name[2]+".txtar")); err != nil {
				t.Error(err)
			}
		}
	}
}
