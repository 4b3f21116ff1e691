package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// doorFields are the fields of a row whose texts a report shows.
var doorFields = []string{
	"id", "region", "product_type", "instance_type", "host_name", "gpu", "gpu_type", "public_ipv4", "os", "status",
}

// secretForms are the forms in which a row has a secret, and how people may type it into a text.
func secretForms() []struct{ member, text string } {
	wide := func(text string) string { // full-width letters and digits
		return strings.Map(func(r rune) rune { return r - '!' + '！' }, text)
	}
	return []struct{ member, text string }{
		{`"vm_password": "` + canary + `"`, canary},
		{`"VM-PassPhrase": "` + canary + `"`, strings.ToUpper(canary)},
		{`"password": ` + number, number},
		{`"api_keys": ["x", {"y": ["` + canary + `"]}]`, strings.ToLower(canary)},
		{`"a": [{"b": {"c": {"user_secret": "` + canary + `"}}}]`, canary[:3] + "\u200b" + canary[3:]},
		{`"sshKey": {"type": "` + wide(canary) + `"}`, canary[:3] + "\u00ad\u202e\ufe0f" + canary[3:]},
		{`"token": "` + canary + `ß"`, wide(canary) + "SS"},
	}
}

// TestSecretsNowhere puts each form of secret into each text of its row, as the whole text and as a part. No output
// may contain it in any form, whoever reads it, even if a later report no longer has the text.
func TestSecretsNowhere(t *testing.T) {
	t.Parallel()
	var rows, later []string
	for _, form := range secretForms() {
		for _, field := range doorFields {
			for _, text := range []string{form.text, "x " + form.text + "-y"} {
				id := fmt.Sprintf(`"id": "r%d"`, len(rows))
				if field == "id" {
					id = `"gpu_count": 1`
				}
				rest := `, "price_per_hour": 1, "region": "A", "gpu": "B", "status": "Running"}`
				rows = append(rows, fmt.Sprintf(`{%s, %s, %q: %q%s`, id, form.member, field, text,
					strings.ReplaceAll(rest, `"`+field+`"`, `"other"`)))
				later = append(later, "{"+id+rest)
			}
		}
	}
	wide := strings.Map(func(r rune) rune { return r - '!' + '！' }, canary)
	for _, audience := range []string{"public", "internal"} {
		top, beside := quickDir(t), quickDir(t)
		out := filepath.Join(top, "out")
		args := []string{"--audience", audience, "--private-out", filepath.Join(top, "private"), "--input", "-", "--out", out}
		for _, list := range [][]string{rows, later, rows} {
			j := withVerbosity("on GitHub Actions", beside, args)
			j.stdin = strings.NewReader(reply(list...))
			o := j.run(t)
			if o.code != 0 {
				t.Fatalf("exit code %d: %s", o.code, o.stderr)
			}
			for _, dir := range []string{top, beside} {
				wantNoSecrets(t, audience, o, dir)
				for path, text := range contents(t, dir) {
					plain := strings.NewReplacer("\u200b", "", "\u00ad", "", "\ufffd", "", "\ufe0f", "").Replace(text)
					if found := leaks(plain); found != "" || strings.Contains(strings.ToLower(text), strings.ToLower(wide)) {
						t.Errorf("%s: %s contains a secret %s", audience, path, found)
					}
				}
			}
		}
		if files := contents(t, out); !strings.Contains(files["data/instances.csv"], "[masked]") ||
			!strings.Contains(files["data/groups.csv"], "Unknown region,") ||
			!strings.Contains(files["data/groups.csv"], ",Unknown GPU") {
			t.Errorf("%s: no name is masked, or no group is unknown:\n%s", audience, files["data/groups.csv"])
		}
	}
}

// TestAddressesNowhere puts addresses into each text of a row. No public output may show them, the internal report and
// the private folder do.
func TestAddressesNowhere(t *testing.T) {
	t.Parallel()
	addresses := []string{"198.51.100.77", "198-51-100-77", "198_51_100_77", "2001:db8::77", "198.51.\u200b100.77"}
	var rows []string
	for _, address := range addresses {
		for _, field := range doorFields {
			id := fmt.Sprintf(`"id": "r%d"`, len(rows))
			if field == "id" {
				id = `"gpu_count": 1`
			}
			rows = append(rows, fmt.Sprintf(`{%s, "price_per_hour": 1, "status": "Running", %q: "vm-%s"}`, id, field, address))
		}
	}
	shown := func(files map[string]string) string {
		for path, text := range files {
			for _, address := range addresses {
				for form, looks := range disguises(address) {
					for _, look := range looks {
						if strings.Contains(strings.ToLower(text), strings.ToLower(look)) && len(look) > 8 {
							return path + " shows " + address + " " + form
						}
					}
				}
			}
		}
		return ""
	}
	for _, audience := range []string{"public", "internal"} {
		top, beside := quickDir(t), quickDir(t)
		out, private := filepath.Join(top, "out"), filepath.Join(top, "private")
		args := []string{"--audience", audience, "--private-out", private, "--input", "-", "--out", out}
		for _, list := range [][]string{{goodRow}, rows, rows[1:]} {
			j := withVerbosity("on GitHub Actions", beside, args)
			j.stdin = strings.NewReader(reply(list...))
			o := j.run(t)
			if o.code != 0 {
				t.Fatalf("exit code %d: %s", o.code, o.stderr)
			}
			files := contents(t, beside)
			files["standard output"], files["standard error"] = o.stdout, o.stderr
			if audience == "public" {
				for path, text := range contents(t, out) {
					files[path] = text
				}
			}
			if found := shown(files); found != "" {
				t.Errorf("%s: %s", audience, found)
			}
		}
		all := contents(t, private)
		if audience == "internal" {
			all = contents(t, out)
			all["instances.csv"] = all["data/instances.csv"]
		}
		for _, address := range addresses {
			if n := strings.Count(all["instances.csv"], "vm-"+address); n < len(doorFields)-2 {
				t.Errorf("%s: the CSV shows %s in %d texts", audience, address, n)
			}
		}
	}
}

// day returns a job on a day of November 2026.
func day(date int, out, list string, args ...string) job {
	const first = 1793534400
	return job{args: append([]string{"--input", "-", "--out", out}, args...), stdin: strings.NewReader(list),
		env: []string{fmt.Sprint("SOURCE_DATE_EPOCH=", first+(date-1)*24*60*60)}}
}

// TestPastShowsNoSecret gives an instance a password that earlier reports show in its texts. No file may show it any
// more, and texts that differ by the mask alone are no change, neither now nor once the password is another one.
func TestPastShowsNoSecret(t *testing.T) {
	t.Parallel()
	row := func(password, status string) string {
		return reply(`{"id": "1", "host_name": "ml-`+canary+`", "region": "R `+canary+`", "gpu": "G `+canary+`", `+
			`"gpu_count": 1, "price_per_hour": 1, "status": "Running", "vm_password": `+password+`}`,
			`{"id": "2", "host_name": "web", "region": "A", "gpu": "B", "status": "`+status+`"}`)
	}
	out := filepath.Join(quickDir(t), "out")
	run := func(date int, password, status string) map[string]string {
		if o := day(date, out, row(password, status)).run(t); o.code != 0 {
			t.Fatalf("exit code %d: %s", o.code, o.stderr)
		}
		return contents(t, out)
	}
	run(1, "null", "Running")
	run(2, `"12-other-12"`, "Running")
	if files := run(3, "null", "Stopped"); leaks(files["data/history.json"]) == "" {
		t.Fatal("the first reports don't show the text")
	}
	files := run(4, `"`+strings.ToUpper(canary)+`"`, "Running")
	wantNoSecrets(t, "masked", outcome{}, out)
	for path, text := range map[string]string{
		"data/changes.json": `"ml-[masked]"`, "data/history.json": `"region":"Unknown region","gpu":"Unknown GPU"`,
	} {
		if got := strings.Contains(files[path], text); got != (path == "data/history.json") {
			t.Errorf("%s has %s: %v\n%s", path, text, got, files[path])
		}
	}
	if days := strings.Count(files["data/history.json"], `"region":"Unknown region"`); days != 4 {
		t.Errorf("the group is unknown on %d days", days)
	}
	if files = run(5, `"another-one"`, "Running"); strings.Contains(files["data/changes.json"], `"host_name","old"`) ||
		strings.Contains(files["data/changes.json"], `masked`) {
		t.Errorf("the name is told as changed: %s", files["data/changes.json"])
	}
}

// TestSnapshotShowsNoSecret gives an instance a password that only an earlier snapshot shows.
func TestSnapshotShowsNoSecret(t *testing.T) {
	t.Parallel()
	out := filepath.Join(quickDir(t), "out")
	for i, name := range []string{"ml-" + canary, "ml-" + canary, "web"} {
		password := []string{"x", "x", canary}[i]
		list := reply(`{"id": "1", "host_name": "` + name + `", "region": "R ` + name + `", ` +
			`"vm_password": "` + password + `"}`)
		if o := day(i+1, out, list).run(t); o.code != 0 {
			t.Fatalf("exit code %d: %s", o.code, o.stderr)
		}
	}
	wantNoSecrets(t, "masked", outcome{}, out)
	files := contents(t, out)
	if !strings.Contains(files["data/changes.json"], `"ml-[masked]"`) ||
		strings.Count(files["data/history.json"], `"region":"Unknown region"`) != 2 {
		t.Errorf("%s\n%s", files["data/changes.json"], files["data/history.json"])
	}
}

// TestPastOfHiddenIDs makes a public report over an internal one. Ids are hidden now that were shown then: one that is
// a password, and one with an address. Their rows' secrets are hidden in the past all the same, and so are those that
// only a group of a row without an id had.
func TestPastOfHiddenIDs(t *testing.T) {
	t.Parallel()
	out := filepath.Join(quickDir(t), "out")
	rows := func(password string) string {
		return reply(`{"id": "`+canary+`", "region": "A", "vm_password": `+password+`}`,
			`{"id": "vm-198.51.100.77", "host_name": "ml-`+canary+`", "os": "`+canary+`", "vm_password": `+password+`}`,
			`{"region": "R `+canary+`", "vm_password": `+password+`}`)
	}
	for i, password := range []string{"null", `"` + canary + `"`} {
		o := day(i+1, out, rows(password), "--audience", []string{"internal", "public"}[i]).run(t)
		if o.code != 0 {
			t.Fatalf("exit code %d: %s", o.code, o.stderr)
		}
	}
	files := contents(t, out)
	for path, text := range files {
		if found := leaks(text); found != "" || strings.Contains(text, "198.51.100.77") {
			t.Errorf("%s contains an address or a secret %s", path, found)
		}
	}
}

// TestPastShowsNoAddress makes a public report over an internal one, whose texts have addresses: everywhere, or only in
// a snapshot that the list isn't compared with.
func TestPastShowsNoAddress(t *testing.T) {
	t.Parallel()
	everywhere := func(status string) string {
		return reply(`{"id": "1", "host_name": "vm-198.51.100.77", "region": "r-198-51-100-77", "gpu": "g 198.51.100.77", `+
			`"price_per_hour": 1, "status": "`+status+`"}`, `{"id": "198.51.100.77", "status": "Running"}`)
	}
	once := func(status string) string {
		name := map[string]string{"Stopped": "vm-198.51.100.77"}[status]
		return reply(`{"id": "1", "host_name": "` + name + `", "status": "` + status + `"}`)
	}
	for name, rows := range map[string]func(status string) string{"everywhere": everywhere, "once": once} {
		out := filepath.Join(quickDir(t), "out")
		for i, status := range []string{"Running", "Stopped", "Running", "Error"} {
			audience := "internal"
			if i == 3 {
				audience = "public"
			}
			if o := day(i+1, out, rows(status), "--audience", audience).run(t); o.code != 0 {
				t.Fatalf("exit code %d: %s", o.code, o.stderr)
			}
		}
		files := contents(t, out)
		for path, text := range files {
			if strings.Contains(text, "198.51.100.77") || strings.Contains(text, "198-51-100-77") {
				t.Errorf("%s: %s shows the address", name, path)
			}
		}
		changes := files["data/changes.json"]
		if !strings.Contains(changes, `"new":"Error"`) || strings.Contains(changes, `"old":"vm-`) {
			t.Errorf("%s: the changes are %s", name, changes)
		}
	}
}
