package e2e

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// action is the composite action, as far as its steps run here.
type action struct {
	Inputs  map[string]struct{ Default string }
	Outputs map[string]struct{ Value string }
	Runs    struct {
		Using string
		Steps []step
	}
}

type step struct {
	ID, Uses, Shell, Run string
	If                   string
	Env, With            map[string]string
}

func readYAML(t *testing.T, path string, into any) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, path))
	if err == nil {
		err = yaml.Unmarshal(content, into)
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func readAction(t *testing.T) *action {
	t.Helper()
	a := &action{}
	readYAML(t, ".github/actions/gpufleet/action.yml", a)
	return a
}

// runner runs the steps of the action like GitHub's runner, with its variables, files and shell.
type runner struct {
	action         *action
	temp, work     string
	env            map[string]string // of the step that uses the action
	summary, log   string
	outputs        map[string]string // of the action
	tokenInEarlier bool              // a step before the report could read the token
}

func newRunner(t *testing.T, env map[string]string) *runner {
	t.Helper()
	r := &runner{action: readAction(t), temp: t.TempDir(), work: t.TempDir(), env: env}
	// The action builds the program. Go doesn't link it again if it finds it there, built with the same flags.
	program, err := os.ReadFile(Program(t))
	if err == nil {
		err = os.WriteFile(filepath.Join(r.temp, "gpufleet"), program, 0o700)
	}
	if err != nil {
		t.Fatal(err)
	}
	env["GOFLAGS"] = "-buildvcs=false -ldflags=-w"
	return r
}

// use runs the action and returns its exit code.
func (r *runner) use(t *testing.T, inputs map[string]string) int {
	t.Helper()
	values := map[string]string{}
	for name, input := range r.action.Inputs {
		values["inputs."+name] = input.Default
	}
	for name, value := range inputs {
		if _, ok := r.action.Inputs[name]; !ok {
			t.Fatalf("the action has no input %s", name)
		}
		values["inputs."+name] = value
	}
	path, err := filepath.Abs(filepath.Join(root, ".github/actions/gpufleet"))
	if err != nil {
		t.Fatal(err)
	}
	files := t.TempDir()
	r.summary, r.log, r.outputs = "", "", nil
	code := 0
	for _, s := range r.action.Runs.Steps {
		if s.Run == "" {
			continue // another action, which installs Go
		}
		summary, output := filepath.Join(files, s.ID+"summary"), filepath.Join(files, s.ID+"output")
		env := map[string]string{
			"GITHUB_ACTIONS":      "true",
			"GITHUB_ACTION_PATH":  path,
			"RUNNER_TEMP":         r.temp,
			"GITHUB_STEP_SUMMARY": summary,
			"GITHUB_OUTPUT":       output,
		}
		maps.Copy(env, r.env)
		for name, value := range s.Env {
			env[name] = evaluate(t, value, values)
		}
		script := filepath.Join(files, s.ID+".sh")
		if err := os.WriteFile(script, []byte(s.Run), 0o600); err != nil {
			t.Fatal(err)
		}
		command := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", script)
		command.Dir, command.Env = r.work, without(os.Environ(), "GPUFLEET_", "GITHUB_")
		for name, value := range env {
			command.Env = append(command.Env, name+"="+value)
		}
		log, err := command.CombinedOutput()
		r.log += string(log)
		r.tokenInEarlier = r.tokenInEarlier || s.ID != "report" && env["GPUFLEET_TOKEN"] != ""
		var failed *exec.ExitError
		if err != nil && !errors.As(err, &failed) {
			t.Fatal(err)
		}
		content, _ := os.ReadFile(summary)
		r.summary += string(content)
		content, _ = os.ReadFile(output)
		values["steps."+s.ID+".outputs.check_failed"] = "" // an output that isn't written is empty
		for name, value := range outputsOf(string(content)) {
			values["steps."+s.ID+".outputs."+name] = value
		}
		if err != nil {
			code = failed.ExitCode()
			break
		}
	}
	if code == 0 {
		r.outputs = map[string]string{}
		for name, output := range r.action.Outputs {
			r.outputs[name] = evaluate(t, output.Value, values)
		}
	}
	return code
}

// without returns an environment without the variables that begin with one of the prefixes.
func without(environment []string, prefixes ...string) (rest []string) {
	for _, variable := range environment {
		keep := true
		for _, prefix := range prefixes {
			keep = keep && !strings.HasPrefix(variable, prefix)
		}
		if keep {
			rest = append(rest, variable)
		}
	}
	return rest
}

// evaluate returns a value with its expressions replaced. Every name in an expression must exist.
func evaluate(t *testing.T, value string, values map[string]string) string {
	t.Helper()
	return regexp.MustCompile(`\$\{\{ (\S+) \}\}`).ReplaceAllStringFunc(value, func(expression string) string {
		name := strings.TrimSuffix(strings.TrimPrefix(expression, "${{ "), " }}")
		found, ok := values[name]
		if !ok {
			t.Errorf("nothing is called %s", name)
		}
		return found
	})
}

// outputsOf reads a file of outputs, whose values have one line each.
func outputsOf(text string) map[string]string {
	values := map[string]string{}
	for _, match := range regexp.MustCompile(`(?m)^(\w+)<<gpufleet\n(.*)\ngpufleet$`).FindAllStringSubmatch(text, -1) {
		values[match[1]] = match[2]
	}
	for _, match := range regexp.MustCompile(`(?m)^(\w+)=(.*)$`).FindAllStringSubmatch(text, -1) {
		values[match[1]] = match[2]
	}
	return values
}

// twoInstances is a list in which one of two instances has a price.
const twoInstances = `{"data": [{"id": 1, "host_name": "a", "region": "A", "gpu": "RTX", "gpu_count": 2, ` +
	`"price_per_hour": 0.5, "status": "Running"},` + "\n" +
	` {"id": 2, "host_name": "b", "region": "A", "gpu": "RTX", "gpu_count": 1, "status": "Running"}], ` +
	`"total_instance": 2, "status": "success"}`

// tokenServer returns the address of an API that accepts one token.
func tokenServer(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer the-token" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		io.WriteString(w, twoInstances)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestAction uses the action twice, like the publishing workflow: first without a site, then with the one that was
// deployed.
func TestAction(t *testing.T) {
	t.Parallel()
	live := t.TempDir()
	deployed := http.FileServer(http.Dir(live))
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := os.Stat(filepath.Join(live, "index.html")); err != nil {
			http.NotFound(w, r) // as GitHub Pages answers before the first deployment
			return
		}
		deployed.ServeHTTP(w, r)
	}))
	defer site.Close()
	r := newRunner(t, map[string]string{
		"GPUFLEET_TOKEN":    "the-token",
		"GPUFLEET_API_URL":  tokenServer(t),
		"SOURCE_DATE_EPOCH": "1795435200",
	})
	const title = `"; touch pwned; $(touch pwned) ` + "`touch pwned`" + ` ${{ x }}`
	inputs := map[string]string{
		"out":      filepath.Join(r.temp, "site"),
		"title":    title,
		"base-url": site.URL,
		"previous": site.URL,
		"budget":   "1000",
		"prices":   "",
	}
	if code := r.use(t, inputs); code != 0 {
		t.Fatalf("exit %d: %s", code, r.log)
	}
	for name, want := range map[string]string{
		"out":               inputs["out"],
		"instances":         "2",
		"gpu_count":         "3",
		"running_priced":    "1",
		"running_instances": "2",
		"running_per_hour":  "0.5",
		"running_per_month": "365",
		"currency":          "USD",
		"run_rate_percent":  "36.5",
		"warnings":          "1",
	} {
		if r.outputs[name] != want {
			t.Errorf("the output %s is %q, want %q", name, r.outputs[name], want)
		}
	}
	firstRun := "::warning title=gpufleet::--previous " + site.URL +
		": no manifest.json; treating this as the first run"
	if len(r.outputs) != len(r.action.Outputs) || !strings.Contains(r.log, firstRun) {
		t.Error(r.outputs, r.log)
	}
	if entries, _ := os.ReadDir(r.work); len(entries) > 0 {
		t.Errorf("the title was run: %v", entries)
	}
	if r.tokenInEarlier {
		t.Error("the token is in the environment of a step that does not need it")
	}
	summary, err := os.ReadFile(filepath.Join(inputs["out"], "summary.md"))
	if err != nil || r.summary != string(summary) || !strings.Contains(r.summary, "touch pwned") {
		t.Errorf("the step's summary is not the report's: %v: %s", err, r.summary)
	}

	if err := os.CopyFS(live, os.DirFS(inputs["out"])); err != nil { // deployed
		t.Fatal(err)
	}
	if err := os.RemoveAll(inputs["out"]); err != nil { // every job starts with an empty folder
		t.Fatal(err)
	}
	r.env["SOURCE_DATE_EPOCH"] = "1795521600"
	if code := r.use(t, inputs); code != 0 || strings.Contains(r.log, "::warning") {
		t.Fatalf("exit %d: %s", code, r.log)
	}
	content, err := os.ReadFile(filepath.Join(inputs["out"], "data/history.json"))
	history := string(content)
	if err != nil || !strings.Contains(history, `"2026-11-23"`) || !strings.Contains(history, `"2026-11-24"`) {
		t.Errorf("the history is not carried on: %v: %s", err, history)
	}

	// If the fetch fails, there is nothing to deploy, and the run shows the reason.
	if err := os.RemoveAll(inputs["out"]); err != nil {
		t.Fatal(err)
	}
	r.env["GPUFLEET_TOKEN"] = "another"
	const refused = "::error title=gpufleet::the API refused the token (401 from GET "
	if code := r.use(t, inputs); code != 3 || !strings.Contains(r.log, refused) || r.summary != "" {
		t.Errorf("exit %d: %s", code, r.log)
	}
	if _, err := os.Stat(filepath.Join(inputs["out"], "index.html")); err == nil {
		t.Error("a failed run left a site to deploy")
	}
}

// TestActionDefersChecks lets a check fail: the step fails with exit code 5, or succeeds and says so in an output.
func TestActionDefersChecks(t *testing.T) {
	t.Parallel()
	r := newRunner(t, map[string]string{"GPUFLEET_TOKEN": "the-token", "GPUFLEET_API_URL": tokenServer(t)})
	inputs := map[string]string{"out": filepath.Join(r.temp, "site"), "budget": "1", "fail-on": "over-budget"}
	if code := r.use(t, inputs); code != 5 {
		t.Errorf("exit %d: %s", code, r.log)
	}
	inputs["defer-checks"] = "true"
	if code := r.use(t, inputs); code != 0 || r.outputs["check_failed"] != "true" ||
		r.outputs["out"] != inputs["out"] || !strings.Contains(r.log, "::error title=gpufleet::check ") {
		t.Errorf("exit %d: %v: %s", code, r.outputs, r.log)
	}
	inputs["budget"] = "1000000"
	if code := r.use(t, inputs); code != 0 || r.outputs["check_failed"] != "" {
		t.Errorf("exit %d: %v: %s", code, r.outputs, r.log)
	}
	r.env["GPUFLEET_TOKEN"] = "another"
	if code := r.use(t, inputs); code != 3 {
		t.Errorf("exit %d: only checks are deferred: %s", code, r.log)
	}
}

// TestActionKeepsTheEnvironment checks that a missing input doesn't undo a setting of the whole job.
func TestActionKeepsTheEnvironment(t *testing.T) {
	t.Parallel()
	r := newRunner(t, map[string]string{
		"GPUFLEET_TOKEN":   "the-token",
		"GPUFLEET_API_URL": tokenServer(t),
		"GPUFLEET_HIDE":    "host_name",
		"GPUFLEET_TITLE":   "of the job",
	})
	out := filepath.Join(r.temp, "site")
	if code := r.use(t, map[string]string{"out": out, "title": "of the step"}); code != 0 {
		t.Fatalf("exit %d: %s", code, r.log)
	}
	rows, err := os.ReadFile(filepath.Join(out, "data/instances.csv"))
	if err != nil || strings.Contains(string(rows), "host_name") {
		t.Errorf("host names are shown: %v: %s", err, rows)
	}
	if !strings.Contains(r.summary, "of the step") {
		t.Errorf("the input does not count before the environment: %s", r.summary)
	}
}

// TestActionExample checks that the publishing guide's example uses inputs and outputs that the action has.
func TestActionExample(t *testing.T) {
	var steps []step
	if err := yaml.Unmarshal([]byte(block(t, publishingGuide, "yaml")), &steps); err != nil || len(steps) != 2 {
		t.Fatal(steps, err)
	}
	action := readAction(t)
	for input := range steps[0].With {
		if _, ok := action.Inputs[input]; !ok {
			t.Errorf("the action has no input %s", input)
		}
	}
	outputs := regexp.MustCompile(`steps\.fleet\.outputs\.(\w+)`).FindAllStringSubmatch(steps[1].Env["COST"], -1)
	if len(outputs) == 0 || steps[0].ID != "fleet" {
		t.Error(steps)
	}
	for _, output := range outputs {
		if _, ok := action.Outputs[output[1]]; !ok {
			t.Errorf("the action has no output %s", output[1])
		}
	}
}

// TestActionWithAccounts passes the tokens of two accounts through the environment.
func TestActionWithAccounts(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if token := r.Header.Get("Authorization"); token != "Bearer one" && token != "Bearer two" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		io.WriteString(w, twoInstances)
	}))
	defer server.Close()
	r := newRunner(t, map[string]string{"GPUFLEET_API_URL": server.URL, "GPUFLEET_ACCOUNT": "ml,research",
		"GPUFLEET_TOKEN_ML": "one", "GPUFLEET_TOKEN_RESEARCH": "two"})
	if code := r.use(t, nil); code != 0 || r.outputs["instances"] != "4" {
		t.Errorf("exit %d, outputs %q: %s", code, r.outputs, r.log)
	}
}

// TestActionIsSafe checks what a run doesn't show: no script contains an expression, the token is not an input, steps
// that need no secret have none, and other actions are pinned.
func TestActionIsSafe(t *testing.T) {
	a := readAction(t)
	secrets := []string{"GPUFLEET_TOKEN", "ACCESS_TOKEN", "NEBULA_BLOCK_API_KEY", "GPUFLEET_PSEUDONYM_KEY"}
	reports := 0
	for _, s := range a.Runs.Steps {
		if strings.Contains(s.Run, "${{") || s.Run != "" && s.Shell != "bash" {
			t.Errorf("not safe to run: %s", s.Run)
		}
		if s.ID == "report" {
			reports++
			continue
		}
		if s.Run != "" && !strings.Contains(s.Run, `unset "${!GPUFLEET_TOKEN@}"`) {
			t.Errorf("a step that needs no secret has the tokens of accounts: %q", s.Run)
		}
		for _, name := range secrets {
			if value, set := s.Env[name]; !set || value != "" {
				t.Errorf("a step that needs no secret has $%s: %q", name, s.Uses+s.Run)
			}
		}
	}
	if a.Runs.Using != "composite" || reports != 1 {
		t.Error(a.Runs)
	}
	for name := range a.Inputs {
		if strings.Contains(name, "token") || strings.Contains(name, "key") {
			t.Errorf("a secret is an input: %s", name)
		}
	}
}
