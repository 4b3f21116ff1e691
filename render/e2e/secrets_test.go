package e2e

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf16"
)

// Every secret contains one of these, so one search finds them all. They have only letters and digits, which no
// escaping for HTML, JSON or addresses changes. No output contains that many digits in a row by chance.
const (
	canary = "kAnArY7qZx"
	number = "731946280517394"
)

// disguises returns the forms in which a text may appear in a file or a message, by name. Their case doesn't matter,
// except in base64.
func disguises(secret string) map[string][]string {
	var percent, decimal, hexadecimal, unicode strings.Builder
	for _, c := range []byte(secret) {
		fmt.Fprintf(&percent, "%%%02X", c)
		fmt.Fprintf(&decimal, "&#%d;", c)
		fmt.Fprintf(&hexadecimal, "&#x%x;", c)
		fmt.Fprintf(&unicode, `\u%04x`, c)
	}
	backwards := []byte(secret)
	slices.Reverse(backwards)
	var wide []byte
	for _, unit := range utf16.Encode([]rune(secret)) {
		wide = append(wide, byte(unit), byte(unit>>8))
	}
	forms := map[string][]string{
		"as it is":                {secret},
		"backwards":               {string(backwards)},
		"percent-encoded":         {percent.String()},
		"as entities":             {decimal.String()},
		"as hexadecimal entities": {hexadecimal.String()},
		"as JSON escapes":         {unicode.String()},
		"as UTF-16":               {string(wide)},
		"as hex":                  {hex.EncodeToString([]byte(secret))},
	}
	// In base64 a text has three forms, depending on its position, and its first and last letters depend on its
	// neighbors.
	for shift := range 3 {
		for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
			text := encoding.EncodeToString([]byte(strings.Repeat("\x00", shift) + secret + strings.Repeat("\x00", 3)))
			first, last := (shift*8+5)/6, (shift+len(secret))*8/6
			forms["in base64"] = append(forms["in base64"], text[first:last])
		}
	}
	return forms
}

// leaks returns where and how a text shows a secret, or "".
func leaks(text string) string {
	lower := strings.ToLower(text)
	for _, secret := range []string{canary, number} {
		for form, looks := range disguises(secret) {
			for _, look := range looks {
				at := strings.Index(text, look)
				if form != "in base64" && at < 0 {
					at = strings.Index(lower, strings.ToLower(look))
				}
				if at >= 0 {
					return fmt.Sprintf("%s at byte %d: %q", form, at, text[max(0, at-40):min(len(text), at+40)])
				}
			}
		}
	}
	return ""
}

// TestLeaksAreFound checks the search itself.
func TestLeaksAreFound(t *testing.T) {
	for _, secret := range []string{"<" + canary + `&"'>`, "x" + number, strings.ToUpper(canary)} {
		for name, text := range map[string]string{
			"as it is":      secret,
			"HTML":          html.EscapeString(secret),
			"an address":    url.QueryEscape(secret),
			"a path":        url.PathEscape(secret),
			"JSON":          fmt.Sprintf("%q", secret),
			"hex":           hex.EncodeToString([]byte(secret)),
			"base64 0":      base64.StdEncoding.EncodeToString([]byte(secret)),
			"base64 1":      base64.StdEncoding.EncodeToString([]byte("a" + secret)),
			"base64 2":      base64.RawURLEncoding.EncodeToString([]byte("?>" + secret + "b")),
			"base64 of all": base64.StdEncoding.EncodeToString([]byte(`{"p":"` + secret + `","q":1}`)),
		} {
			if secret == strings.ToUpper(canary) && (name == "hex" || strings.HasPrefix(name, "base64")) {
				continue
			}
			if leaks("before "+text+" behind") == "" {
				t.Errorf("%s: %s is not found", name, text)
			}
		}
	}
	if found := leaks("CANADA-1 73194628 kanary"); found != "" {
		t.Errorf("found what is not there: %s", found)
	}
}

// secretMembers returns members of a row that the program doesn't use, with secrets of every JSON type, also nested.
func secretMembers() string {
	values := []string{
		`"` + canary + `"`,
		number,
		`["` + canary + `", ` + number + `]`,
		`{"` + canary + `": {"` + canary + `": ` + number + `}}`,
		`"<` + canary + `&\"'>"`,
		`"\u006b` + canary[1:] + `"`,
		`null`,
		`true`,
	}
	var members []string
	for i, name := range []string{
		"vm_password", "password", "vm_name", "user_name", "username", "user", "user_data", "userData", "team", "team_id",
		"dc_id", "ssh_key", "token", "access_token", "VM_PASSWORD", "Host_Name", "Region", "GPU", " id", "host_name ",
		"instance_name", "private_ipv4", "console_url", canary, number,
	} {
		for n := range 2 {
			members = append(members, fmt.Sprintf("%q: %s", name, values[(i+n*3)%len(values)]))
		}
	}
	return strings.Join(members, ", ")
}

// wrongRows returns rows with secrets in fields that the program uses, with an invalid type or form.
func wrongRows() []string {
	var rows []string
	for _, field := range []string{
		"id", "region", "product_type", "instance_type", "host_name", "gpu", "gpu_type", "public_ipv4", "os", "status",
	} {
		for _, value := range []string{
			`["` + canary + `"]`, `{"` + canary + `": "` + canary + `"}`, `[[` + number + `]]`, number + ".5",
			"-" + number + "e3",
		} {
			rows = append(rows, fmt.Sprintf(`{"id": "r%d", %q: %s}`, len(rows), field, value))
		}
	}
	for _, field := range []string{
		"cpu_cores", "ram", "gpu_count", "disk_size", "ephemeral", "price_per_hour", "created_at",
	} {
		for _, value := range []string{
			`"` + canary + `"`, `["` + canary + `"]`, `{"` + canary + `": 1}`, number + number, "-" + number,
			`"` + number + `x"`, `"$` + number + `"`,
		} {
			rows = append(rows, fmt.Sprintf(`{"id": "r%d", %q: %s}`, len(rows), field, value))
		}
	}
	return rows
}

// secretBodies returns replies full of secrets, by what is wrong with them.
func secretBodies() map[string]string {
	secrets := secretMembers()
	row := `{"id": "a", "region": "CANADA-1", "gpu": "RTX-A6000", "gpu_count": 1, "price_per_hour": 1, ` +
		`"status": "Running", ` + secrets + `}`
	named := `{"id": "b", "region": "CANADA-1", "gpu": "RTX-A6000", "gpu_count": 1, "price_per_hour": 1, ` +
		`"status": "Error", "host_name": "web-` + canary + `", "vm_password": "` + canary + `"}`
	list := append(wrongRows(), row, named, `{"id": "c", "password": `+number+`, "host_name": "n`+number+`"}`)
	rows, count := strings.Join(list, ","), len(list)
	return map[string]string{
		"good": fmt.Sprintf(`{"message": "%s", "data": [%s], "total_instance": %d, "status": "success", %s}`,
			canary, rows, count, secrets),
		"incomplete":   fmt.Sprintf(`{"data": [%s], "total_instance": %d, "status": "success", %s}`, rows, 9*count, secrets),
		"failed":       `{"data": [` + row + `], "message": "token ` + canary + ` has expired", "status": "` + canary + `"}`,
		"failed again": `{"data": "` + canary + `", "message": "` + canary + `", "status": "failed"}`,
		"no JSON":      `{"data": [` + row + `], ` + canary,
		"no object":    `"` + canary + `"`,
		"no list":      `{"data": {"` + canary + `": "` + canary + `"}, "status": "success"}`,
		"no rows":      `{"data": ["` + canary + `", ` + number + `], "status": "success"}`,
		"wrong total":  `{"data": [], "total_instance": "` + canary + `", "status": "success"}`,
		"wrong status": `{"data": [], "status": ["` + canary + `"]}`,
		"a page":       `<html><title>` + canary + `</title>` + canary,
	}
}

// verbosities are the ways in which a run prints messages. A step of GitHub Actions also has a summary and outputs, in
// files.
var verbosities = []string{"", "--quiet", "--verbose", "on GitHub Actions"}

// withVerbosity returns a job with one of these verbosities, and with the secrets in its environment.
func withVerbosity(verbosity, beside string, args []string) job {
	j := job{args: args, env: secretEnv()}
	switch {
	case strings.HasPrefix(verbosity, "--"):
		j.args = append(j.args, verbosity)
	case verbosity != "":
		j.env = append(j.env, "GITHUB_ACTIONS=true",
			"GITHUB_STEP_SUMMARY="+filepath.Join(beside, "summary"),
			"GITHUB_OUTPUT="+filepath.Join(beside, "output"))
	}
	return j
}

// secretEnv sets secrets in every variable that may contain one.
func secretEnv() []string {
	return []string{"GPUFLEET_TOKEN=ak_" + canary, "GPUFLEET_PSEUDONYM_KEY=" + strings.Repeat(canary, 4)}
}

// wantNoSecrets looks for secrets in everything that a run printed and in every file. The names in local, which show
// where it ran and which server it used, must not be there either.
func wantNoSecrets(t *testing.T, name string, o outcome, dir string, local ...string) {
	t.Helper()
	said := contents(t, dir)
	for path := range said {
		if found := leaks(path); found != "" {
			t.Errorf("%s: the name %q contains a secret %s", name, path, found)
		}
	}
	for path, text := range said {
		for _, place := range local {
			if strings.Contains(text, place) {
				t.Errorf("%s: %s contains %q", name, path, place)
			}
		}
	}
	said["standard output"], said["standard error"] = o.stdout, o.stderr
	for path, text := range said {
		if found := leaks(text); found != "" {
			t.Errorf("%s: %s contains a secret %s", name, path, found)
		}
	}
}

// TestNoSecretComesOut sends secrets in every field and as every type, and lets runs end in every way at every
// verbosity. No message and no file may contain a secret in any form.
func TestNoSecretComesOut(t *testing.T) {
	dir := quickDir(t)
	blocked := write(t, filepath.Join(dir, "file"), "not a folder")
	tokenFile := write(t, filepath.Join(dir, "token"), canary)
	twoTokens := write(t, filepath.Join(dir, "tokens"), canary+"\n"+canary)
	saved := map[string]string{}
	for name, body := range secretBodies() {
		saved[name] = write(t, filepath.Join(dir, name+".json"), body)
	}
	secretPrices := write(t, filepath.Join(dir, "prices.csv"),
		"region,gpu,gpu_count,product_type,price_per_hour\n*,H100,"+canary+",,"+number+"\n")
	secretOwners := write(t, filepath.Join(dir, "owners.csv"), "id,owner\n"+canary+",\u200B"+canary+"\n")
	bodies := secretBodies()
	products := `{"data": {"` + canary + `": {"` + canary + `": [{"region": "CANADA-1", "gpu": ["` + canary + `"], ` +
		`"gpu_count": "` + canary + `", "price_per_hour": "` + number + `"}, ` +
		`{` + secretMembers() + `}]}}, "status": "success"}`
	type test struct {
		code int
		args []string
	}
	// What such servers send could come out in the log of net/http, which main discards.
	odd := []string{"time up", "cut", "longer than it says", "not HTTP", "an odd status line"}
	address := func(code int, body string) string {
		return serve(t, func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/products") {
				io.WriteString(w, products)
				return
			}
			w.Header().Set("Location", "https://example.org/"+canary)
			w.Header().Set("X-"+canary, canary)
			w.Header().Set("Content-Type", "text/"+canary)
			w.WriteHeader(code)
			io.WriteString(w, body)
		}).URL
	}
	tests := map[string]test{
		"written":                           {0, []string{"--api-url", address(200, bodies["good"])}},
		"written for the internal audience": {0, []string{"--audience", "internal", "--input", saved["good"]}},
		"with pseudonyms":                   {0, []string{"--hide", "id", "--input", saved["good"]}},
		"with products": {0, []string{
			"--prices", "api", "--token-file", tokenFile, "--api-url", address(200, bodies["good"]),
		}},
		"with accounts": {0, []string{
			"--prices", "api", "--account", "ml=" + tokenFile, "--api-url", address(200, bodies["good"]),
		}},
		"account's token file": {2, []string{"--account", "ml=" + twoTokens}},
		"account's list":       {4, []string{"--account", "ml", "--input", "ml=" + saved["incomplete"]}},
		"check tripped":        {5, []string{"--fail-on", "warnings,instance-error,unpriced", "--input", saved["good"]}},
		"no place":             {1, []string{"--out", blocked, "--input", saved["good"]}},
		"token file":           {2, []string{"--token-file", twoTokens}},
		"unknown flag":         {2, []string{"--nonsense"}},
		"price file":           {2, []string{"--input", saved["good"], "--prices", secretPrices}},
		"owner file":           {2, []string{"--input", saved["good"], "--owners", secretOwners}},
		"incomplete":           {4, []string{"--api-url", address(200, bodies["incomplete"])}},
		"saved and incomplete": {4, []string{"--input", saved["incomplete"]}},
		"time up":              {3, []string{"--timeout", "300ms", "--api-url", dripping(t, bodies["good"])}},
		"cut":                  {3, []string{"--timeout", "300ms", "--api-url", cutting(t, bodies["good"])}},
		"longer than it says": {3, []string{
			"--timeout",
			"300ms",
			"--api-url",
			talking(t, "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n"+bodies["good"]),
		}},
		"not HTTP": {3, []string{"--api-url", talking(t, "220 "+canary+"\r\n")}},
		"an odd status line": {3, []string{
			"--api-url",
			talking(t, "HTTP/1.1 403 "+canary+"\r\nX: "+canary+"\r\n\r\n"+canary),
		}},
	}
	for name := range bodies {
		if name != "good" && name != "incomplete" {
			tests[name] = test{3, []string{"--api-url", address(200, bodies[name])}}
			tests["saved: "+name] = test{3, []string{"--input", saved[name]}}
		}
	}
	for _, code := range []int{301, 307, 400, 401, 403, 404, 418} {
		tests[fmt.Sprint("answer ", code)] = test{3, []string{"--api-url", address(code, bodies["failed again"])}}
	}
	codes := map[int]bool{}
	for name, test := range tests {
		codes[test.code] = true
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, verbosity := range verbosities {
				top := quickDir(t)
				out := filepath.Join(top, "out")
				beside := quickDir(t)
				args := test.args
				if !slices.Contains(args, "--out") {
					args = append([]string{"--out", out}, args...)
				}
				j := withVerbosity(verbosity, beside, args)
				j.process = verbosity == "" || slices.Contains(odd, name)
				o := j.run(t)
				if o.code != test.code {
					t.Errorf("%s: exit code %d, want %d: %s", verbosity, o.code, test.code, o.stderr)
				}
				if _, err := os.Stat(out); (err == nil) != (test.code == 0 || test.code == 5) {
					t.Errorf("%s: exit code %d, and the folder: %v", verbosity, o.code, err)
				}
				wantNoSecrets(t, name+" "+verbosity, o, top, "127.0.0.1", top)
				wantNoSecrets(t, name+" "+verbosity+", beside", o, beside, "127.0.0.1")
			}
		})
	}
	for _, code := range []int{0, 1, 2, 3, 4, 5} {
		if !codes[code] {
			t.Errorf("no run ends with %d", code)
		}
	}
}

// dripping answers with a body that never ends.
func dripping(t *testing.T, body string) string {
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, body[:len(body)-5])
		for r.Context().Err() == nil {
			io.WriteString(w, " ")
			w.(http.Flusher).Flush()
			time.Sleep(5 * time.Millisecond)
		}
	}).URL
}

// cutting closes the connection in the middle of a body.
func cutting(t *testing.T, body string) string {
	return serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(2*len(body)))
		io.WriteString(w, body)
		panic(http.ErrAbortHandler)
	}).URL
}

// talking sends a text to every client and closes the connection.
func talking(t *testing.T, text string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			io.CopyN(io.Discard, conn, 10)
			io.WriteString(conn, text)
			time.Sleep(20 * time.Millisecond) // a reset would discard the text
			conn.Close()
		}
	}()
	return "http://" + listener.Addr().String()
}

// TestNoSecretOfAnInterruptedRun sends signals while a reply full of secrets arrives. The arguments of the process,
// which every user of the machine can read, must not contain a secret either.
func TestNoSecretOfAnInterruptedRun(t *testing.T) {
	body := secretBodies()["good"]
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		for _, verbosity := range verbosities {
			arrived := make(chan bool, 1)
			address := serve(t, func(w http.ResponseWriter, r *http.Request) {
				io.WriteString(w, body[:len(body)-5])
				w.(http.Flusher).Flush()
				time.Sleep(50 * time.Millisecond) // so that the rows are read
				arrived <- true
				<-r.Context().Done()
			}).URL
			top := quickDir(t)
			j := withVerbosity(verbosity, top, []string{"--api-url", address, "--out", filepath.Join(top, "out")})
			j.started = func(p *os.Process) {
				<-arrived
				if line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", p.Pid)); err == nil && leaks(string(line)) != "" {
					t.Errorf("the arguments hold a secret: %q", line)
				}
				p.Signal(signal)
			}
			o := j.run(t)
			if want := 128 + int(signal); o.code != want {
				t.Errorf("exit code %d, want %d: %s", o.code, want, o.stderr)
			}
			wantNoSecrets(t, fmt.Sprint(signal, verbosity), o, top)
			if len(contents(t, top)) > 0 {
				t.Errorf("%v leaves %v", signal, contents(t, top))
			}
		}
	}
}

// TestPasswordInHostNameEverywhere checks every output for a host name that contains its instance's password.
func TestPasswordInHostNameEverywhere(t *testing.T) {
	row := `{"id": %q, "host_name": %q, "region": "A", "gpu": "B", "gpu_count": 1, "status": "Running", "vm_password": %q}`
	first, out := render(t, reply(fmt.Sprintf(row, "1", "web", "x"), fmt.Sprintf(row, "2", "old", "x")))
	if first.stderr != "" {
		t.Errorf("warned of nothing: %s", first.stderr)
	}
	o := renderTo(t, out, reply(fmt.Sprintf(row, "1", "web-"+canary+"-1", canary), fmt.Sprintf(row, "3", canary, canary)))
	wantNoSecrets(t, "masked", o, out)
	if !strings.Contains(o.stderr, "row 1, row 2: host_name contains a secret of its own instance, ") {
		t.Errorf("no warning: %s", o.stderr)
	}
	files := contents(t, out)
	for _, path := range []string{
		"data/instances.json", "data/instances.csv", "instances/index.html", "data/changes.json", "index.html",
	} {
		if !strings.Contains(files[path], "masked") {
			t.Errorf("%s says nothing of it", path)
		}
	}
}
