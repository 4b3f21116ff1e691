package e2e

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// workflow is a workflow of GitHub Actions, as far as tests look at it.
type workflow struct {
	On          map[string]any
	Permissions map[string]string
	Env         map[string]string
	Jobs        map[string]workflowJob
}

type workflowJob struct {
	If             string
	Needs          any // a name, or a list of names
	TimeoutMinutes int `yaml:"timeout-minutes"`
	Permissions    map[string]string
	Outputs, Env   map[string]string
	Steps          []step
}

// jobsMay are the permissions of all jobs, by workflow and job. The others of GitHub's are none.
var jobsMay = map[string]map[string]string{
	"ci.test":                     {"contents": "read"},
	"ci.release":                  {"contents": "read"},
	"vulnerabilities.govulncheck": {"contents": "read"},
	"publish.build":               {"contents": "read", "pages": "read"},
	"publish.deploy":              {"pages": "write", "id-token": "write"},
	"publish.checks":              {},
	"release.test":                {"contents": "read"},
	"release.release":             {"contents": "write", "id-token": "write", "attestations": "write"},
}

func readWorkflows(t *testing.T) map[string]workflow {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root, ".github/workflows/*"))
	if err != nil {
		t.Fatal(err)
	}
	workflows := map[string]workflow{}
	for _, name := range paths {
		var w workflow
		readYAML(t, ".github/workflows/"+filepath.Base(name), &w)
		workflows[strings.TrimSuffix(filepath.Base(name), ".yml")] = w
	}
	return workflows
}

// TestWorkflows checks what all workflows promise. The linter checks their form.
func TestWorkflows(t *testing.T) {
	may := map[string]map[string]string{}
	for name, w := range readWorkflows(t) {
		if w.Permissions == nil || len(w.Permissions) > 0 || len(w.Env) > 0 {
			t.Errorf("%s grants to all jobs: %v, %v", name, w.Permissions, w.Env)
		}
		if _, dangerous := w.On["pull_request_target"]; dangerous {
			t.Errorf("%s runs the code of others with the permissions of this repository", name)
		}
		for id, j := range w.Jobs {
			may[name+"."+id] = j.Permissions
			if j.TimeoutMinutes == 0 || len(j.Env) > 0 {
				t.Errorf("%s: %s: %v", name, id, j)
			}
			for _, s := range j.Steps {
				checkStep(t, name+": "+id, s)
			}
		}
	}
	if diff := cmp.Diff(jobsMay, may); diff != "" {
		t.Errorf("the permissions of jobs: %s", diff)
	}
}

// checkStep checks that a step runs no expression, runs only after success, and gets no secret that it doesn't need.
func checkStep(t *testing.T, where string, s step) {
	t.Helper()
	for variable, value := range s.Env {
		mayHave := s.Uses == "./.github/actions/gpufleet" && variable == "GPUFLEET_TOKEN" ||
			s.Run == "make release" && variable == "GITHUB_TOKEN" && value == "${{ github.token }}"
		if regexp.MustCompile(`secrets\b|github\.token`).MatchString(value) && !mayHave {
			t.Errorf("%s gives $%s to %s", where, variable, s.Uses+s.Run)
		}
	}
	if strings.Contains(s.Run, "${{") || s.If != "" {
		t.Errorf("%s: a step that runs after a failure, or an expression in a script: %v", where, s)
	}
	if strings.HasPrefix(s.Uses, "actions/checkout@") && s.With["persist-credentials"] != "false" {
		t.Errorf("%s: later steps can read the token of the checkout", where)
	}
}

// TestActionsArePinned checks that all actions of others are pinned to commits, with their versions beside them.
func TestActionsArePinned(t *testing.T) {
	pinned := regexp.MustCompile(`^uses: (\./.*|[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$`)
	found := 0
	for _, pattern := range []string{".github/workflows/*", ".github/actions/*/action.yml"} {
		paths, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range paths {
			content, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, use := range regexp.MustCompile(`uses: .*`).FindAllString(string(content), -1) {
				found++
				if !pinned.MatchString(use) {
					t.Errorf("%s: not pinned: %s", name, use)
				}
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d actions are used", found)
	}
}

// TestPublishWorkflow checks that the site is deployed by the job that may, that a failed check comes after it, and
// that a person can accept what a schedule must not.
func TestPublishWorkflow(t *testing.T) {
	w := readWorkflows(t)["publish"]
	build, deploy, checks := w.Jobs["build"], w.Jobs["deploy"], w.Jobs["checks"]
	if deploy.Needs != "build" || deploy.If != "" {
		t.Errorf("deploy: %v", deploy)
	}
	if !strings.Contains(build.If, "vars.GPUFLEET_PUBLISH == 'true'") {
		t.Errorf("a fork would publish unasked: %q", build.If)
	}
	upload, report := build.Steps[len(build.Steps)-1], build.Steps[len(build.Steps)-2]
	if upload.With["path"] != report.With["out"] || upload.With["include-hidden-files"] != "true" ||
		report.With["previous"] != report.With["base-url"] || report.With["previous"] == "" {
		t.Errorf("%v, %v", report, upload)
	}
	failed := "steps." + report.ID + ".outputs.check_failed"
	if report.With["defer-checks"] != "true" || build.Outputs["check_failed"] != "${{ "+failed+" }}" ||
		!slices.Equal(checks.Needs.([]any), []any{"build", "deploy"}) ||
		checks.If != "needs.build.outputs.check_failed == 'true'" || !strings.Contains(checks.Steps[0].Run, "exit 1") {
		t.Errorf("a failed check: %v, %v", report, checks)
	}
	inputs := w.On["workflow_dispatch"].(map[string]any)["inputs"].(map[string]any)
	for _, name := range []string{"accept_shrink", "accept_loss"} {
		input, _ := inputs[name].(map[string]any)
		if input["type"] != "boolean" || input["default"] != nil ||
			report.Env["GPUFLEET_"+strings.ToUpper(name)] != "${{ inputs."+name+" }}" {
			t.Errorf("%s: %v, %v", name, input, report.Env)
		}
	}
	var offered, named []string
	for _, input := range regexp.MustCompile(`(?m)^ +# ([a-z-]+): \S`).FindAllStringSubmatch(
		document(t, ".github/workflows/publish.yml"), -1) {
		offered = append(offered, input[1])
		if _, ok := readAction(t).Inputs[input[1]]; !ok {
			t.Errorf("publish.yml offers %s, which the action doesn't have", input[1])
		}
	}
	_, step, _ := strings.Cut(document(t, publishingGuide), "remove the `#` before")
	step, _, _ = strings.Cut(step, " if you need")
	for _, input := range regexp.MustCompile("`([a-z-]+):`").FindAllStringSubmatch(step, -1) {
		named = append(named, input[1])
	}
	if diff := cmp.Diff(named, offered); diff != "" || len(named) < 3 {
		t.Errorf("publish.yml offers other inputs than its guide names: %s", diff)
	}
}

// TestDependabot checks that every kind of dependency is kept up to date.
func TestDependabot(t *testing.T) {
	var config struct {
		Updates []struct {
			Ecosystem   string `yaml:"package-ecosystem"`
			Directory   string
			Directories []string
			Schedule    struct{ Interval string }
		}
	}
	readYAML(t, ".github/dependabot.yml", &config)
	got := map[string][]string{}
	for _, update := range config.Updates {
		places := update.Directories
		if update.Directory != "" {
			places = append(places, update.Directory)
		}
		got[update.Ecosystem] = places
		if update.Schedule.Interval != "weekly" {
			t.Errorf("%s: %s", update.Ecosystem, update.Schedule.Interval)
		}
		for _, place := range places {
			if _, err := os.Stat(filepath.Join(root, place)); err != nil {
				t.Error(err)
			}
		}
	}
	want := map[string][]string{
		"gomod": {"/"}, "npm": {"/.ci/web"}, "github-actions": {"/", "/.github/actions/gpufleet"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestReleaseWorkflow checks what is published: a draft, made after all tests, with a list of parts for each archive
// and an attestation of all of them. Nothing comes from a cache, into which other workflows write.
func TestReleaseWorkflow(t *testing.T) {
	release := readWorkflows(t)["release"]
	job := release.Jobs["release"]
	attest := job.Steps[len(job.Steps)-1]
	var config struct {
		Dist     string
		Checksum struct {
			NameTemplate string `yaml:"name_template"`
		}
		Sboms   []struct{ Artifacts string }
		Release struct{ Draft bool }
	}
	readYAML(t, ".goreleaser.yaml", &config)
	checksums := path.Join(config.Dist, config.Checksum.NameTemplate)
	if job.Needs != "test" || !strings.HasPrefix(attest.Uses, "actions/attest@") ||
		attest.With["subject-checksums"] != checksums {
		t.Errorf("%v", job)
	}
	if len(config.Sboms) != 1 || config.Sboms[0].Artifacts != "archive" || !config.Release.Draft {
		t.Errorf("%v", config)
	}
	for id, j := range release.Jobs {
		for _, s := range j.Steps {
			if strings.HasPrefix(s.Uses, "actions/setup-go@") && s.With["cache"] != "false" {
				t.Errorf("%s uses a cache", id)
			}
		}
	}
	if _, tags := release.On["push"].(map[string]any)["tags"]; !tags || len(release.On) != 1 {
		t.Errorf("it runs on %v", release.On)
	}
}

// TestReleaseArchives follows the links from the README: an archive of a release has all files that they lead to.
func TestReleaseArchives(t *testing.T) {
	var config struct {
		Archives []struct{ Files []struct{ Src string } }
	}
	readYAML(t, ".goreleaser.yaml", &config)
	packed := func(file string) bool {
		for _, pattern := range config.Archives[0].Files {
			if matched, _ := path.Match(pattern.Src, file); matched {
				return true
			}
		}
		return false
	}
	link := regexp.MustCompile(`\]\(([^)#: ]+)(?:#[^)]*)?\)`)
	code := regexp.MustCompile("(?s)```.*?```|`[^`\n]*`")
	seen, open := map[string]bool{}, []string{readmePath}
	for len(open) > 0 {
		file := open[0]
		open = open[1:]
		if seen[file] {
			continue
		}
		seen[file] = true
		if !packed(file) {
			t.Errorf("archives don't have %s", file)
		}
		if path.Ext(file) != ".md" {
			continue
		}
		for _, match := range link.FindAllStringSubmatch(code.ReplaceAllString(document(t, file), ""), -1) {
			open = append(open, path.Join(path.Dir(file), match[1]))
		}
	}
	if len(seen) < 8 {
		t.Errorf("only %d files are linked", len(seen))
	}
}
