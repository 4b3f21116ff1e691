package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"gpufleet/fetch/exit"
	"gpufleet/render/e2e"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes this test binary the program gpufleet wherever a script runs it.
func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"gpufleet": main}) }

// TestScripts runs the program as its users do, one script a subject.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "render/e2e/testdata/scripts", Setup: e2e.Setup, Cmds: e2e.Commands(),
		RequireExplicitExec: true, RequireUniqueNames: true,
	})
}

// moment is the time that the tests run at.
const moment = "1795435200" // 2026-11-23 12:00 UTC

// outcome is what a run left.
type outcome struct {
	code           int
	stdout, stderr string
}

// execute runs the program in this process. It reads its settings from env alone, not from the environment.
func execute(t *testing.T, env map[string]string, args ...string) outcome {
	t.Helper()
	return executeWith(t, context.Background(), env, nil, args...)
}

func executeWith(t *testing.T, ctx context.Context, env map[string]string, stdin io.Reader, args ...string) outcome {
	t.Helper()
	settings := map[string]string{"SOURCE_DATE_EPOCH": moment}
	maps.Copy(settings, env)
	getenv := func(name string) string { return settings[name] }
	var stdout, stderr bytes.Buffer
	code := run(ctx, append([]string{"gpufleet"}, args...), getenv, stdin, &stdout, &stderr)
	return outcome{code, stdout.String(), stderr.String()}
}

// want checks an outcome's code, that an error is on standard error alone, and that it says each of the parts.
func (o outcome) want(t *testing.T, code int, parts ...string) {
	t.Helper()
	if o.code != code {
		t.Errorf("exit code %d, want %d: %s", o.code, code, o.stderr)
	}
	for _, part := range parts {
		if !strings.Contains(o.stderr, part) {
			t.Errorf("standard error does not say %q: %s", part, o.stderr)
		}
	}
	if code != exitWritten && (o.stdout != "" && code != exitCheck || !strings.HasPrefix(o.stderr, "gpufleet: ")) {
		t.Errorf("an error belongs on standard error, behind the program's name: %q, %q", o.stdout, o.stderr)
	}
}

// contents returns every file below dir by its path, hidden ones too.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		files[filepath.ToSlash(name)] = string(content)
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return files
}

// serve answers every request in the same way and returns the address.
func serve(t *testing.T, code int, body string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(code)
		io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func write(t *testing.T, path, content string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const oneInstance = `{"data": [{"id": 1, "region": "CANADA-1", "gpu": "RTX-A6000", "gpu_count": 1, "price_per_hour": 0.679, "status": "Running"}], "total_instance": 1, "status": "success"}`

const priceHeader = "region,gpu,gpu_count,product_type,price_per_hour\n"

var tokenSet = map[string]string{"GPUFLEET_TOKEN": "the-token"}

// TestInterruptedAtPipe ends runs that read a setting from a pipe which nobody writes to.
func TestInterruptedAtPipe(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for signal, args := range map[syscall.Signal][]string{
		syscall.SIGINT:  {"--token-file", pipe},
		syscall.SIGTERM: {"--demo", "--prices", pipe},
	} {
		ctx, cancel := context.WithCancelCause(context.Background())
		time.AfterFunc(20*time.Millisecond, func() { cancel(interrupted{signal}) })
		out := filepath.Join(t.TempDir(), "out")
		var stdout, stderr bytes.Buffer
		code := run(ctx, append([]string{"gpufleet", "--out", out}, args...), noEnvironment, nil, &stdout, &stderr)
		if code != exit.Signal+int(signal) || !strings.Contains(stderr.String(), "as before") || stdout.Len() > 0 {
			t.Errorf("%v: exit code %d: %s%s", signal, code, &stdout, &stderr)
		}
		if _, err := os.Stat(out); !os.IsNotExist(err) {
			t.Errorf("%v: an interrupted run made a folder", signal)
		}
	}
}

// TestPanic has the program panic with a value that must not be shown. One run has read secrets by then.
func TestPanic(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	token := filepath.Join(dir, "token")
	if err := os.WriteFile(token, []byte("SECRET"), 0o600); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"data": [{"id": 1, "vm_password": "SECRET", "user": "SECRET"}], "total_instance": 1, "status": "success"}`)
	}))
	defer server.Close()
	fetching := []string{"--api-url", server.URL, "--token-file", token, "--out", filepath.Join(dir, "out")}
	for _, args := range [][]string{{"--version"}, fetching} {
		var stderr bytes.Buffer
		code := run(context.Background(), append([]string{"gpufleet"}, args...), noEnvironment, nil, panicking{}, &stderr)
		if code != exitFailed || !strings.HasPrefix(stderr.String(), "gpufleet: internal error (string)") ||
			!strings.Contains(stderr.String(), "goroutine") || strings.Contains(stderr.String(), "SECRET") {
			t.Error(args, code, stderr.String())
		}
	}
}

// noEnvironment is an environment without any variable.
func noEnvironment(string) string { return "" }

type panicking struct{}

func (panicking) Write([]byte) (int, error) { panic("SECRET") }

// TestNothingLeaks puts canaries wherever a reply holds what is none of ours and looks for them in every byte that comes out,
// through every way that a run can end, at every verbosity.
func TestNothingLeaks(t *testing.T) {
	const token = "CANARYTOKEN77"
	secrets := `"vm_name": "CANARY01", "vm_password": "CANARY02", "password": {"CANARY03": ["CANARY04", 1]}, "user_name": "CANARY05", "user": {"id": "CANARY06", "name": "CANARY07", "email": "CANARY08@example.org"},
		"team": "CANARY09", "dc_id": "CANARY10", "VM_PASSWORD": "CANARY11", "Host_Name": "CANARY12", "username": "CANARY13", "CANARY14": "CANARY15"`
	row := `{"id": 1, "region": "CANADA-1", "gpu": "RTX-A6000", "gpu_count": 1, "price_per_hour": 1, "status": "Running", "public_ipv4": "198.51.100.77", ` + secrets + `}`
	broken := `{"id": ["CANARY21"], "gpu_count": "CANARY22", "ram": {"CANARY23": 1}, "price_per_hour": "CANARY24", "created_at": "CANARY25", "cpu_cores": true, ` + secrets + `}`
	bodies := map[string]string{
		"good":       `{"data": [` + row + `], "total_instance": 1, "message": "CANARY31", "status": "success", "CANARY32": "CANARY33"}`,
		"broken":     `{"data": [` + broken + `], "total_instance": 1, "message": "CANARY31", "status": "success"}`,
		"incomplete": `{"data": [` + row + `], "total_instance": 2, "message": "CANARY31", "status": "success"}`,
		"failed":     `{"data": [` + row + `], "message": "CANARY31 token expired CANARY34", "status": "CANARY35"}`,
		"not JSON":   `{"data": [` + row + `], CANARY36`,
		"a string":   `"CANARY37"`,
	}
	for name, body := range bodies {
		for _, code := range []int{200, 401, 500} {
			for _, verbosity := range []string{"--quiet", "--verbose"} {
				if code == 500 && (name != "good" || verbosity == "--quiet") {
					continue // it is retried, which takes seconds
				}
				out := filepath.Join(t.TempDir(), "out")
				got := execute(t, map[string]string{"GPUFLEET_TOKEN": token}, "--api-url", serve(t, code, body), "--out", out, verbosity)
				said := map[string]string{"standard output": got.stdout, "standard error": got.stderr}
				if got.code == exitWritten {
					maps.Copy(said, everything(t, out))
				}
				for place, text := range said {
					if at := strings.Index(strings.ToUpper(text), "CANARY"); at >= 0 {
						t.Errorf("%s, %d, %s: %s holds %q", name, code, verbosity, place, text[at:min(len(text), at+20)])
					}
					if strings.Contains(text, "198.51.100.77") {
						t.Errorf("%s, %d, %s: %s holds an address", name, code, verbosity, place)
					}
					if strings.HasPrefix(place, "standard") {
						continue
					}
					if strings.Contains(text, "127.0.0.1") || strings.Contains(text, out) {
						t.Errorf("%s: %s holds the API's address or a path of this machine", name, place)
					}
				}
			}
		}
	}
}

func gunzip(t *testing.T, content string) string {
	t.Helper()
	reader, err := gzip.NewReader(strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// unzip returns the parts of a workbook.
func unzip(t *testing.T, content string) map[string]string {
	t.Helper()
	archive, err := zip.NewReader(strings.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for _, file := range archive.File {
		reader, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		parts[file.Name] = string(text)
	}
	return parts
}

// TestAudience sees to it that addresses are in the internal report alone.
func TestAudience(t *testing.T) {
	for audience, want := range map[string]bool{"public": false, "internal": true} {
		out := filepath.Join(t.TempDir(), "out")
		execute(t, nil, "--demo", "--audience", audience, "--out", out).want(t, 0)
		files := contents(t, out)
		found := false
		for _, text := range append([]string{files["data/instances.json"], files["data/instances.csv"]}, unzip(t, files["fleet.xlsx"])["xl/worksheets/sheet2.xml"]) {
			found = found || strings.Contains(text, "203.0.113.")
		}
		if found != want {
			t.Errorf("%s: addresses are there: %v", audience, found)
		}
	}
}

// TestNotes finds the author's own words, made safe, where they belong and nowhere else.
func TestNotes(t *testing.T) {
	dir := t.TempDir()
	notes := write(t, filepath.Join(dir, "notes.md"), "# NOTED\n\n<b>bold</b> [a](javascript:alert(1)) ![p](https://example.org/p.png)\n\n<!-- not closed")
	out := filepath.Join(dir, "out")
	execute(t, map[string]string{"GPUFLEET_NOTES": notes}, "--demo", "--out", out).want(t, 0)
	for name, text := range everything(t, out) {
		want := map[string]string{"summary.md": "\n## NOTED\n\nbold a [p](<https://example.org/p.png>)\n", "index.html": "<h2>NOTED</h2>\n<p>bold a <a href=\"https://example.org/p.png\">p</a></p>"}[name]
		if name == "summary/index.html" || name == "report.html" {
			want = "<h2>NOTED</h2>"
		}
		if strings.Contains(text, "NOTED") != (want != "") || !strings.Contains(text, want) {
			t.Errorf("%s: the notes are there: %v, and should be: %q", name, strings.Contains(text, "NOTED"), want)
		}
	}
}

// TestPrivateOut writes what is internal apart from what is public, and nothing where the run fails or the two would mix.
func TestPrivateOut(t *testing.T) {
	dir := t.TempDir()
	out, private := filepath.Join(dir, "out"), filepath.Join(dir, "private")
	execute(t, map[string]string{"GPUFLEET_PRIVATE_OUT": private}, "--demo", "--hide", "host_name", "--out", out).want(t, 0)
	kept := everything(t, private)
	for name, text := range everything(t, out) {
		if strings.Contains(text, "203.0.113.") {
			t.Errorf("%s is public and holds an address", name)
		}
	}
	for _, name := range []string{"instances.csv", "fleet.xlsx/xl/worksheets/sheet2.xml"} {
		if !strings.Contains(kept[name], "203.0.113.") || strings.Contains(kept[name], "host_name") {
			t.Errorf("%s has no address, or a column that is hidden", name)
		}
	}
	for name := range contents(t, private) {
		if !slices.Contains([]string{"instances.csv", "fleet.xlsx", "manifest.json"}, name) {
			t.Errorf("%s is in the private folder", name)
		}
	}

	closed := httptest.NewServer(nil)
	closed.Close()
	fetching := []string{"--api-url", closed.URL, "--timeout", "20s", "--out"}
	execute(t, tokenSet, append(fetching, filepath.Join(dir, "new"), "--private-out", filepath.Join(dir, "fresh", "er"))...).want(t, exitAPI)
	before := contents(t, dir)
	for _, mixed := range []string{out, filepath.Join(out, "data"), filepath.Join(out, "new", "er"), dir} {
		execute(t, tokenSet, append(fetching, out, "--private-out", mixed)...).want(t, exitUsage, "--private-out is inside --out")
	}
	if err := os.Chmod(private, 0o755); err != nil {
		t.Fatal(err)
	}
	execute(t, tokenSet, append(fetching, out, "--private-out", private)...).want(t, exitUsage, private+": others may use this folder")
	execute(t, tokenSet, append(fetching, out, "--private-out", "")...).want(t, exitUsage, "--private-out needs a value")
	if diff := cmp.Diff(before, contents(t, dir)); diff != "" {
		t.Error(diff)
	}
	if _, err := os.Stat(filepath.Join(dir, "fresh")); !os.IsNotExist(err) {
		t.Error("a failed run made a folder")
	}

	// What can't be placed in the one changes nothing in the other, and no sample takes the place of what is real.
	taken := filepath.Join(dir, "taken")
	write(t, filepath.Join(taken, "index.html", "not a file"), "mine")
	fresh := filepath.Join(dir, "fresh")
	execute(t, nil, "--demo", "--out", taken, "--private-out", fresh).want(t, exitFailed, "index.html")
	if _, err := os.Stat(fresh); !os.IsNotExist(err) {
		t.Error("the private folder was written though the other could not be")
	}
	execute(t, nil, "--input", filepath.Join("fetch", "testdata", "reply-2025.json"), "--out", filepath.Join(dir, "real"), "--private-out", fresh).want(t, 0)
	execute(t, nil, "--demo", "--out", filepath.Join(dir, "sample"), "--private-out", fresh).want(t, exitUsage, fresh+" holds a real report")
}

// TestPrivacy looks in every byte of every output for what must not be there, with every setting that could bring it in.
func TestPrivacy(t *testing.T) {
	const row = `{"id": "ID-7531", "region": "CANADA-1", "host_name": "HOST-7531", "public_ipv4": "198.51.100.77", "os": "OS-7531", "gpu": "RTX-A6000", "gpu_count": 1, "price_per_hour": 1, "status": "Running"}`
	address := serve(t, 200, `{"data": [`+row+`], "total_instance": 1, "status": "success"}`)
	machine, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"GPUFLEET_TOKEN": "TOKEN-7531", "GPUFLEET_PSEUDONYM_KEY": "KEY-7531"}
	for _, name := range []string{"HOSTNAME", "COMPUTERNAME", "USER", "USERNAME", "LOGNAME", "HOME"} { // where a program learns whose machine it is on
		env[name] = "MACHINE-7531"
	}
	hidden := []string{"ID-7531", "HOST-7531", "OS-7531"}
	for _, test := range []struct {
		audience, hide string
		shown, absent  []string // besides what is never there
	}{
		{"public", "", hidden, []string{"198.51.100.77"}},
		{"public", "id,host_name,os", nil, append(hidden, "198.51.100.77")},
		{"internal", "", append(hidden, "198.51.100.77"), nil},
		{"internal", "id,host_name,os", []string{"198.51.100.77"}, hidden},
	} {
		dir := t.TempDir()
		out, private := filepath.Join(dir, "out"), filepath.Join(dir, "private")
		args := []string{"--api-url", address, "--out", out, "--private-out", private, "--audience", test.audience, "--base-url", "https://example.org/fleet",
			"--notes", write(t, filepath.Join(dir, "notes.md"), "ours"), "--prices", write(t, filepath.Join(dir, "prices.csv"), priceHeader+"*,*,,,2\n"), "--token-file", write(t, filepath.Join(dir, "token"), "TOKEN-7531")}
		if test.hide != "" {
			args = append(args, "--hide", test.hide)
		}
		for _, epoch := range []string{"1795000000", moment} { // the second run has changes and a feed
			env["SOURCE_DATE_EPOCH"] = epoch
			execute(t, env, args...).want(t, 0)
		}
		files := everything(t, out)
		files["manifest.json"] = contents(t, out)["manifest.json"]
		all := strings.Join(slices.Collect(maps.Values(files)), "\n")
		for _, text := range test.shown {
			if !strings.Contains(all, text) {
				t.Errorf("%s, hiding %q: %s is nowhere", test.audience, test.hide, text)
			}
		}
		for name, content := range everything(t, private) {
			files["private "+name] = strings.ReplaceAll(content, "198.51.100.77", "") // which it is for
		}
		never := append([]string{"TOKEN-7531", "KEY-7531", "MACHINE-7531", "127.0.0.1", strings.TrimPrefix(address, "http://"), dir}, test.absent...)
		if len(machine) > 5 { // a shorter one is part of many words, and .ci/lint sees that nothing asks for it
			never = append(never, machine)
		}
		for name, content := range files {
			for _, text := range never {
				if strings.Contains(content, text) {
					t.Errorf("%s, hiding %q: %s holds %s", test.audience, test.hide, name, text)
				}
			}
			if mark := "Internal"; strings.HasSuffix(name, ".html") && strings.Contains(content, mark+"</strong>") != (test.audience == "internal") {
				t.Errorf("%s: %s is marked wrongly", test.audience, name)
			}
		}
	}
}

// TestHide looks for the values of hidden fields in every byte of every output.
func TestHide(t *testing.T) {
	const row = `{"data": [{"id": "ID-7531", "region": "CANADA-1", "host_name": "HOST-7531", "os": "OS-7531", "created_at": 1751620391, "product_type": "TYPE-7531", "ephemeral": 7531, "disk_size": 97531,
		"gpu": "RTX-A6000", "gpu_count": 1, "price_per_hour": 1, "status": "Running"}], "total_instance": 1, "status": "success"}`
	reply := write(t, filepath.Join(t.TempDir(), "reply.json"), row)
	marks := map[string][]string{"id": {"ID-7531"}, "host_name": {"HOST-7531", "host_name"}, "os": {"OS-7531"}, "created_at": {"2025-07-04", "45842", "created_at"},
		"product_type": {"TYPE-7531", "product_type"}, "ephemeral": {"Ephemeral"}, "disk_size": {"97531", "97,531", "disk_size_known", "Disk (GB)"}}
	key := map[string]string{"GPUFLEET_PSEUDONYM_KEY": "a key"}
	open := filepath.Join(t.TempDir(), "open")
	execute(t, key, "--input", reply, "--out", open).want(t, 0)
	shown := strings.Join(slices.Collect(maps.Values(everything(t, open))), "\n")
	for field, values := range marks {
		out := filepath.Join(t.TempDir(), "out")
		execute(t, key, "--input", reply, "--out", out, "--hide", field).want(t, 0)
		files := everything(t, out)
		for _, value := range values {
			if !strings.Contains(shown, value) {
				t.Errorf("%s: %q is not even there when it is shown", field, value)
			}
			for path, text := range files {
				if strings.HasPrefix(path, "static/") { // the same for every report
					continue
				}
				// The pages say by name what is left out by choice, and the history what it was made without.
				text = strings.NewReplacer("The field "+field+" is left out", "", `"hidden":["`+field+`"]`, "", `"hidden": ["`+field+`"]`, "").Replace(text)
				if strings.Contains(text, value) {
					t.Errorf("%s is hidden, yet %s holds %q", field, path, value)
				}
			}
		}
	}
	for args, says := range map[string]string{"region": "not \"region\"", "id,,os": "not \"\"", "host_name,vm_password": "not \"vm_password\""} {
		execute(t, key, "--demo", "--hide", args).want(t, exitUsage, says)
	}
	execute(t, nil, "--demo", "--hide", " id , os ").want(t, exitUsage, "GPUFLEET_PSEUDONYM_KEY")
}

// everything returns every file below dir, unpacked, and every part of the workbook.
func everything(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := contents(t, dir)
	for part, text := range unzip(t, files["fleet.xlsx"]) {
		files["fleet.xlsx/"+part] = text
	}
	for path, content := range files {
		if strings.HasSuffix(path, ".gz") {
			files[path] = gunzip(t, content)
		}
	}
	delete(files, "manifest.json") // it holds hashes, whose digits are chance
	return files
}

// twoRegions is a fleet whose figures are worked by hand: H100 at 20/8 = 2.5 in A and 5.5/2 = 2.75 in B, 25.5/10 = 2.55 over both, of a listed total of 26.
const twoRegions = `{"data": [{"id": 1, "region": "A", "gpu": "H100", "gpu_count": 8, "price_per_hour": 20, "status": "Running"}, {"id": 2, "region": "B", "gpu": "H100", "gpu_count": 2, "price_per_hour": 5.5, "status": "Stopped"},
	{"id": 3, "region": "B", "gpu": "L40S", "gpu_count": 1, "price_per_hour": 0.5, "status": "Running"}], "total_instance": 3, "status": "success"}`

// TestRatesEverywhere looks for the cost of a GPU-hour, the shares and the cheapest and dearest region in every output.
func TestRatesEverywhere(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	executeWith(t, context.Background(), nil, strings.NewReader(twoRegions), "--input", "-", "--out", out).want(t, 0)
	files := contents(t, out)
	for path, parts := range map[string][]string{
		"summary.md": {"| H100 | 2 | $25.50/h | $2.55 | 98.08% | A | $2.50 | B | $2.75 |", "| A | 1 | $20.00/h | $20.00/h | $2.50 | 76.92% |",
			"| B | H100 | 1 | 2 | $0.00/h | $5.50/h | $4,015.00/month | $2.75 | 21.15% |"},
		"index.html":                {"76.92%", "98.08%", "$2.55"},
		"regions/b/index.html":      {"21.15%", "$2.75"},
		"regions/b/h100/index.html": {"<dt>Listed per GPU-hour</dt><dd>$2.75</dd>", "<dt>Share of listed</dt><dd>21.15%</dd>"},
		"models/h100/index.html":    {"Cheapest region", "<bdi>A</bdi></a>, $2.50 per GPU-hour", "Dearest region", "<bdi>B</bdi></a>, $2.75 per GPU-hour"},
		"data/groups.csv":           {"listed_per_gpu_hour,share_of_listed\n", ",2.75,21.15\n"},
		"about/index.html":          {"listed_per_gpu_hour", "Rounded half up to 4 decimals"},
	} {
		for _, part := range parts {
			if !strings.Contains(files[path], part) {
				t.Errorf("%s does not say %s", path, part)
			}
		}
	}
	sheets := unzip(t, files["fleet.xlsx"])
	for sheet, parts := range map[string][]string{
		"xl/worksheets/sheet3.xml": {"<v>76.92</v>", "Share of listed (%)", "Listed (USD per GPU-hour)"},
		"xl/worksheets/sheet4.xml": {"<v>98.08</v>", "<v>2.55</v>", "Cheapest region", "Dearest (USD per GPU-hour)", "<v>2.75</v>"},
	} {
		for _, part := range parts {
			if !strings.Contains(sheets[sheet], part) {
				t.Errorf("%s does not say %s", sheet, part)
			}
		}
	}
}

// TestBudgetEverywhere looks for the run rate in every output: 20.5 an hour run, 14965 a month.
func TestBudgetEverywhere(t *testing.T) {
	for name, test := range map[string]struct{ list, budget, rate, json, cell string }{
		"over":    {twoRegions, "14000", "106.9% of the budget, over budget", `"budget_per_month":"14000","run_rate_percent":106.9,"run_rate_at_least":false,`, "<v>1.069</v>"},
		"within":  {twoRegions, "29930.00", "50% of the budget", `"budget_per_month":"29930","run_rate_percent":50,"run_rate_at_least":false,`, "<v>0.5</v>"},
		"at most": {strings.Replace(twoRegions, `"price_per_hour": 0.5, `, "", 1), "29200", "at least 50% of the budget", `"run_rate_percent":50,"run_rate_at_least":true,`, "<v>0.5</v>"},
	} {
		out := filepath.Join(t.TempDir(), "out")
		got := executeWith(t, context.Background(), nil, strings.NewReader(test.list), "--input", "-", "--budget", test.budget, "--out", out)
		got.want(t, 0)
		if !strings.HasSuffix(got.stdout, ", run rate "+test.rate+"\n") {
			t.Errorf("%s: %s", name, got.stdout)
		}
		files := contents(t, out)
		sheets := unzip(t, files["fleet.xlsx"])
		files["Summary"] = sheets["xl/worksheets/sheet1.xml"]
		for path, part := range map[string]string{"summary.md": "| Run rate | " + test.rate + " |", "index.html": test.rate, "summary/index.html": test.rate, "data/instances.json": test.json, "Summary": test.cell} {
			if !strings.Contains(files[path], part) {
				t.Errorf("%s: %s does not say %s", name, path, part)
			}
		}
		// The cells' own formats; behind them stand those that take the mark's place when prices are typed in.
		formats, _, _ := strings.Cut(sheets["xl/styles.xml"], "<dxfs")
		if marked := strings.Contains(formats, `&#34;≥ &#34;#,##0.0%`); marked != (name == "at most") {
			t.Errorf("%s: the workbook's run rate is marked: %v", name, marked)
		}
		for path, text := range files {
			if regexp.MustCompile(`(?i)\bspent\b`).MatchString(text) {
				t.Errorf("%s: %s calls it spent", name, path)
			}
		}
	}
	empty := filepath.Join(t.TempDir(), "out")
	executeWith(t, context.Background(), nil, strings.NewReader(`{"data": [], "total_instance": 0, "status": "success"}`), "--input", "-", "--budget", "5", "--out", empty).want(t, 0)
	for _, path := range []string{"summary.md", "index.html"} {
		if !strings.Contains(contents(t, empty)[path], "0% of the budget") {
			t.Errorf("%s of an empty fleet does not say the run rate", path)
		}
	}
	out := filepath.Join(t.TempDir(), "out")
	executeWith(t, context.Background(), nil, strings.NewReader(twoRegions), "--input", "-", "--out", out).want(t, 0)
	for path, text := range contents(t, out) {
		if strings.Contains(strings.ToLower(text), "run rate") || strings.Contains(text, "run_rate") {
			t.Errorf("%s has a run rate without a budget", path)
		}
	}
}

// The exit codes by their names in the tests.
const (
	exitWritten    = exit.Written
	exitFailed     = exit.Failed
	exitUsage      = exit.Usage
	exitAPI        = exit.API
	exitIncomplete = exit.Incomplete
	exitCheck      = exit.Check
)
