package fetch

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/fleet/fleettest"
)

const ownersHeader = "account,id,host_name,region,gpu,product_type,owner\n"

func parseOwnerFile(text string) (*OwnerFile, error) {
	f := newOwnerFile()
	if err := readTable([]byte(text), ownerHeader, f.addRow); err != nil {
		return nil, err
	}
	return f, nil
}

func parseOwners(t testing.TB, rows string) *OwnerFile {
	t.Helper()
	f, err := parseOwnerFile(ownersHeader + rows)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// owned returns a running instance that has all that a row can match.
func owned(id, hostName, region, gpu, productType string) *fleet.Instance {
	return &fleet.Instance{ID: id, HostName: hostName, Region: region, GPU: gpu, GPUCount: fleet.Known(8.0),
		ProductType: productType, Status: "Running"}
}

func ownerOf(f *OwnerFile, in *fleet.Instance) string {
	f.Apply(&fleet.Fleet{Instances: []*fleet.Instance{in}})
	return in.Owner
}

func TestOwnerFileMatches(t *testing.T) {
	in := func() *fleet.Instance { return owned("i-17", "ml-train-07", "MONTREAL-1", "H100-80G-SXM", "Baremetal") }
	const none = fleet.Unassigned
	for rows, want := range map[string]string{
		"": none,
		// each column, its exact text and another one
		",i-17,,,,,a\n": "a", ",i-1,,,,,a\n": none,
		",,ml-train-07,,,,a\n": "a", ",,ml-train-0,,,,a\n": none,
		",,,MONTREAL-1,,,a\n": "a", ",,,MONTREAL-2,,,a\n": none,
		",,,,H100-80G-SXM,,a\n": "a", ",,,,H100,,a\n": none,
		",,,,,Baremetal,a\n": "a", ",,,,,VM,a\n": none,
		// instances have no account yet
		"ml,,,,,,a\n": none, "m*,,,,,,a\n": none, "*,,,,,,a\n": "a", "ml,,,,,,a\n*,,,,,,b\n": "b",
		// all columns must match
		",i-17,ml-train-07,MONTREAL-1,H100-80G-SXM,Baremetal,a\n": "a",
		",i-17,ml-train-07,MONTREAL-1,H100-80G-SXM,VM,a\n":        none,
		",i-17,ml-*,MONTREAL-1,*-SXM,Bare*,a\n":                   "a",
		",i-17,ml-*,MONTREAL-2,*-SXM,Bare*,a\n":                   none,
		// stars
		",,,,,,a\n": "a", "*,*,*,*,*,*,a\n": "a", ",,**,,,,a\n": "a", ",,***,,,VM,a\n": none,
		",,ml-*,,,,a\n": "a", ",,l-*,,,,a\n": none,
		",,*-07,,,,a\n": "a", ",,*-0,,,,a\n": none,
		",,*train*,,,,a\n": "a", ",,*trains*,,,,a\n": none,
		",,ml-*-07,,,,a\n": "a", ",,ml-*-08,,,,a\n": none,
		",,m*t*i*7,,,,a\n": "a", ",,m*i*t*7,,,,a\n": none,
		",,*m*l*-*-*,,,,a\n": "a", ",,*-*-*-*,,,,a\n": none,
		",,ml-train-07*,,,,a\n": "a", ",,*ml-train-07,,,,a\n": "a", ",,ml-train-07*07,,,,a\n": none,
		",,ml-*-*-07,,,,a\n": none, ",,ml-**-07,,,,a\n": "a", ",,ml-train*train-07,,,,a\n": none,
		",,ml.train?07,,,,a\n": none, ",,[a-z]*,,,,a\n": none,
		// case counts
		",,ML-train-07,,,,a\n": none, ",,ML-*,,,,a\n": none, ",,,montreal-1,,,a\n": none,
		// spaces and quotes
		", i-17 ,\" ml-train-07\",,,, a b \n": "a b", ",,,,,,\"a, b\"\n": "a, b", ",,,,,,\"\"\"a\"\"\"\n": `"a"`,
		// the first row wins, exact or not
		",,ml-train-07,,,,a\n,,ml-train-07,,,,b\n":          "a",
		",,,,,,a\n,,ml-train-07,,,,b\n":                     "a",
		",,ml-train-07,,,,a\n,,,,,,b\n":                     "a",
		",,ml-*,,,,a\n,,ml-train-*,,,,b\n":                  "a",
		",,ml-*,,,,a\n,i-17,ml-train-07,,,,b\n":             "a",
		",i-17,ml-train-07,,,,a\n,,ml-*,,,,b\n":             "a",
		",,x-*,,,,x\n,,,MONTREAL-1,,,a\n,,ml-*,,,,b\n":      "a",
		",,x-*,,,,x\n,,ml-*,,,,a\n,,,MONTREAL-1,,,b\n":      "a",
		",x,,,,,x\n,,*-07,,,,a\n,i-17,,,,,b\n,,ml-*,,,,c\n": "a",
		",,,,H100-80G-SXM,,a\n,i-17,,,,,b\n":                "a",
	} {
		if got := ownerOf(parseOwners(t, rows), in()); got != want {
			t.Errorf("%q: %s, want %s", rows, got, want)
		}
	}
}

// TestOwnerFileNamesOfTheReport matches instances by what the report calls a missing region or model.
func TestOwnerFileNamesOfTheReport(t *testing.T) {
	for _, test := range []struct {
		rows, want string
		in         *fleet.Instance
	}{
		{",,,,CPU only,,a\n", "a", machine("A", "", 0, "CPU")},
		{",,,,CPU*,,a\n", "a", machine("A", "H100", 0, "VM")},
		{",,,,CPU only,,a\n", fleet.Unassigned, machine("A", "H100", 1, "CPU")},
		{",,,,Unknown GPU,,a\n", "a", machine("A", "", 1, "VM")},
		{",,,Unknown region,,,a\n", "a", machine("", "H100", 1, "VM")},
		{",,,Unknown*,*GPU,,a\n", "a", machine("", "", 1, "VM")},
		{",x,,,,,a\n,,x,,,,b\n,,,,,x,c\n,x*,,,,,d\n,,,A,,,e\n", "e", machine("A", "", 1, "")}, // no id, name, type
		{",,x,A,,,a\n,,,A,,,b\n", "b", machine("A", "", 1, "")},
		{",,grö*,,,,a\n", "a", owned("1", "größe-1", "A", "X", "VM")},
		{",,*ß*1,,,,a\n", "a", owned("1", "größe-1", "A", "X", "VM")},
	} {
		if got := ownerOf(parseOwners(t, test.rows), test.in); got != test.want {
			t.Errorf("%q: %s, want %s", test.rows, got, test.want)
		}
	}
}

// TestOwnerFileAsCame reads lists in which a password is part of a text. Rows match the text, which the list doesn't
// show.
func TestOwnerFileAsCame(t *testing.T) {
	const row = `{"id": 1, "region": "A", "host_name": "web-hunter2!-1", "product_type": "s3cret-type",
		"vm_password": "%s", "status": "Running"}`
	for password, rows := range map[string]string{
		"hunter2!":    ",,web-hunter2!-1,,,,a\n",
		"hunter2!-":   ",,*hunter*,,,,a\n",
		"s3cret-type": ",,,,,s3cret-type,a\n",
	} {
		list, err := Saved(context.Background(), []string{Stdin}, strings.NewReader(reply(1, fmt.Sprintf(row, password))))
		if err != nil {
			t.Fatal(err)
		}
		in := list.Instances[0]
		if strings.Contains(in.HostName, password) || in.ProductType == password {
			t.Fatalf("%+v shows %s", in, password)
		}
		shown := *in
		if parseOwners(t, rows).Apply(list); in.Owner != "a" {
			t.Errorf("%q: %s", rows, in.Owner)
		}
		if shown.Owner = in.Owner; *in != shown {
			t.Errorf("%q changed more than the owner: %+v", rows, in)
		}
	}
}

func TestOwnerFileCountsUnowned(t *testing.T) {
	status := func(name, host string) *fleet.Instance { return &fleet.Instance{HostName: host, Status: name} }
	list := func() *fleet.Fleet {
		return &fleet.Fleet{Instances: []*fleet.Instance{
			status("Running", "a"), status("running", "b"), status("Running", "c"), status("Stopped", "d"),
			status("", "e"), status("Deleted", "f"), status("Booked", "g"), status("Stopped", "a")}}
	}
	for rows, want := range map[string]fleet.Unowned{
		"":                          {Running: 3, Listed: 6},
		",,a,,,,x\n":                {Running: 2, Listed: 4},
		",,a,,,,x\n,,f,,,,x\n":      {Running: 2, Listed: 4},
		",,a,,,,x\n,,b*,,,,\"y\"\n": {Running: 1, Listed: 3},
		",,,,,,x\n":                 {},
	} {
		got := list()
		parseOwners(t, rows).Apply(got)
		if got.Unowned != want {
			t.Errorf("%q: %+v, want %+v", rows, got.Unowned, want)
		}
	}
	without := list()
	(*OwnerFile)(nil).Apply(without)
	if without.Unowned != (fleet.Unowned{}) || without.Instances[0].Owner != "" {
		t.Errorf("no file: %+v, %+v", without.Unowned, without.Instances[0])
	}
	parseOwners(t, ",,a,,,,x\n").Apply(&fleet.Fleet{})
}

func TestOwnerFileForms(t *testing.T) {
	for name, text := range map[string]string{
		"BOM":             "\xEF\xBB\xBF" + ownersHeader + ",i-1,,,,,a\n",
		"CRLF":            strings.ReplaceAll(ownersHeader+",i-1,,,,,a\n", "\n", "\r\n"),
		"old Mac":         strings.ReplaceAll(ownersHeader+",i-1,,,,,a\n", "\n", "\r"),
		"blank rows":      "\n,,,\n" + ownersHeader + "\n  \n,,,,,,\n,i-1,,,,,a\n\n,,,,,,,,\n",
		"no last newline": ownersHeader + ",i-1,,,,,a",
		"sep=,":           "sep=,\r\n" + ownersHeader + ",i-1,,,,,a\n",
		"fewer columns":   "id,owner\ni-1,a\n",
		"another order":   "owner,gpu,id\na,,i-1\n",
		"owner alone":     "owner\na\n",
		"short rows":      "owner,gpu,id\nb,,i-2\na\n",
	} {
		f, err := parseOwnerFile(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := ownerOf(f, owned("i-1", "h", "A", "X", "VM")); got != "a" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestOwnerFileRefused(t *testing.T) {
	const reserved = "reserved for instances that no row matches; remove the row, or use another name"
	const unseen = "it has an invisible character or a line break; type the name again"
	long := strings.Repeat("ö", fleet.MaxText)
	if _, err := parseOwnerFile("owner\n" + long + "\n"); err != nil {
		t.Errorf("the longest name: %v", err)
	}
	for text, want := range map[string]string{
		"":                                   "line 1: the header must be account,id,host_name,region,gpu,",
		"id,host_name\n1,SECRET\n":           "line 1: no column owner; the header must be account,id,",
		"id,team,owner\n":                    "line 1, column B: unknown column; the header must be account,id,",
		"id,Owner\n":                         "line 1, column B: unknown column; the header must be account,id,",
		"id,owner,owner\n":                   "line 1, column C: a second column owner; remove one",
		"id;owner\n1;SECRET\n":               "line 1: the columns are separated by semicolons; save the file with commas",
		"id,owner\n1,a\nSECRET\n":            "line 3, column B (owner): empty; every row needs an owner",
		"owner,id\n,SECRET\n":                "line 2, column A (owner): empty; every row needs an owner",
		"id,owner\n1,Unassigned\n":           "line 2, column B (owner): " + reserved,
		"id,owner\n\n1, unASSigned \n":       "line 3, column B (owner): " + reserved,
		"id,owner\n1,una\u017f\u017figned\n": "line 2, column B (owner): " + reserved,
		"id,owner\n1,Others\n2,Other\n": "line 3, column B (owner): it is reserved for the rest where there are too many " +
			"names; use another name, such as Others",
		"id,owner\n1,SEC\u200BRET\n":           "line 2, column B (owner): " + unseen,
		"id,owner\n1,SEC\u202ERET\n":           "line 2, column B (owner): " + unseen,
		"id,owner\n1,SEC\x00RET\n":             "line 2, column B (owner): " + unseen,
		"id,owner\n1,SEC\tRET\n":               "line 2, column B (owner): " + unseen,
		"id,owner\n1,\"SECRET\nb\"\n":          "line 2, column B (owner): " + unseen,
		"id,owner\n1,Unassigned\u200E\n":       "line 2, column B (owner): " + unseen,
		"id,owner\n1,\u2800\n":                 "line 2, column B (owner): " + unseen,
		"id,owner\n1," + long + "ö\n":          "line 2, column B (owner): longer than 256 characters",
		"id,owner\n1,\xFF\n":                   "line 2, column B: the text is not UTF-8; save the file as CSV UTF-8",
		"id,owner\n1,a,SECRET\n":               "line 2, column C: a value in a column without a name",
		"id,owner\n1,a\"SECRET\n":              "line 2, column B: a quote is out of place",
		"id,owner\n\"x\ny\",a\n1,Unassigned\n": "line 4, column B (owner): " + reserved,
	} {
		f, err := parseOwnerFile(text)
		if f != nil || err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestReadOwnerFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "owners.csv")
	if err := os.WriteFile(path, []byte("id,owner\n1,a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if f, err := ReadOwnerFile(context.Background(), path); err != nil || len(f.rows) != 1 {
		t.Error(f, err)
	}
	missing := filepath.Join(dir, "none")
	f, err := ReadOwnerFile(context.Background(), missing)
	var known *Error
	if f != nil || !errors.As(err, &known) || known.Kind != BadInput ||
		!strings.HasPrefix(err.Error(), "owner file "+missing) {
		t.Error(f, err)
	}
}

func TestOwnerFileUnused(t *testing.T) {
	list := func() *fleet.Fleet {
		return &fleet.Fleet{Instances: []*fleet.Instance{
			owned("1", "ml-1", "A", "H100", "VM"), owned("2", "web-1", "B", "L40S", "VM")}}
	}
	many := ",,ml-*,,,,ml\n"
	for i := range 12 {
		many += fmt.Sprintf(",GONE-%d,,,,,x\n", i)
	}
	const reason = ": instances you don't have, a typo, or rows above them apply"
	for rows, want := range map[string]string{
		",,ml-*,,,,ml\n,,,,,,rest\n":                           "",
		",,ml-*,,,,ml\n,,m1-*,,,,ml\n":                         "unused row on line 3" + reason, // matches nothing
		",,ml-*,,,,ml\n,1,,,,,a\n":                             "unused row on line 3" + reason, // hidden by a pattern
		",,,A,,,a\n,,ml-*,,,,ml\n,,,A,,,b\n\n,1,,,,,c\n":       "unused rows on lines 3, 4, 6" + reason,
		",1,,,,,a\n,,,,,,rest\n,,*,,,,rest\n,,*-1,,,,others\n": "unused rows on lines 4, 5" + reason,
		"ml,,,,,,a\n": "unused row on line 2" + reason,
		many:          "unused rows on lines 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and 2 more" + reason,
	} {
		f := parseOwners(t, rows)
		f.Apply(list())
		if got := f.Unused(); got != want {
			t.Errorf("%q: %q, want %q", rows, got, want)
		}
	}
	if got := (*OwnerFile)(nil).Unused(); got != "" {
		t.Errorf("no file: %q", got)
	}
}

// ownerTexts returns the texts of an instance by column.
func ownerTexts(in *fleet.Instance) map[string]string {
	return map[string]string{"account": "", "id": in.ID, "host_name": in.HostName, "region": in.RegionName(),
		"gpu": in.Model(), "product_type": in.ProductType}
}

// plainMatch reports whether a text matches a cell, character by character.
func plainMatch(cell, text string) bool {
	switch {
	case cell == "":
		return text == ""
	case cell[0] == '*':
		return plainMatch(cell[1:], text) || text != "" && plainMatch(cell, text[1:])
	}
	return text != "" && cell[0] == text[0] && plainMatch(cell[1:], text[1:])
}

// wantPlainOwners checks owners, counts and the lines of unused rows against the plainest way to find them.
func wantPlainOwners(t *testing.T, text string, list *fleet.Fleet) {
	t.Helper()
	type plainRow struct {
		cells map[string]string
		line  int
	}
	var rows []plainRow
	if err := readTable([]byte(text), ownerHeader, func(row *tableRow) error {
		cells := map[string]string{}
		for i, name := range ownerHeader.columns {
			cells[name] = row.cells[i]
		}
		rows = append(rows, plainRow{cells, row.line})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	f, err := parseOwnerFile(text)
	if err != nil {
		t.Fatal(err)
	}
	f.Apply(list)
	used := map[int]bool{}
	var unowned fleet.Unowned
	for _, in := range list.Instances {
		first := slices.IndexFunc(rows, func(row plainRow) bool {
			for name, text := range ownerTexts(in) {
				if cell := row.cells[name]; cell != "" && !plainMatch(cell, text) {
					return false
				}
			}
			return true
		})
		want := fleet.Unassigned
		if first >= 0 {
			want, used[rows[first].line] = rows[first].cells["owner"], true
		} else {
			if in.Running() {
				unowned.Running++
			}
			if in.Listed() {
				unowned.Listed++
			}
		}
		if in.Owner != want {
			t.Fatalf("%+v is %s's, want %s, in %q", in, in.Owner, want, text)
		}
	}
	var unused []int
	for _, row := range rows {
		if !used[row.line] {
			unused = append(unused, row.line)
		}
	}
	note := unusedRows(unused, "instances you don't have, a typo, or rows above them apply")
	if got := f.Unused(); got != note || list.Unowned != unowned {
		t.Fatalf("%q, %+v; want %q, %+v in %q", got, list.Unowned, note, unowned, text)
	}
}

// TestOwnerFileAgainstPlainMatch finds the owners of random lists in random files in a second way.
func TestOwnerFileAgainstPlainMatch(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	word := func(letters string, longest int) string {
		text := make([]byte, random.IntN(longest+1))
		for i := range text {
			text[i] = letters[random.IntN(len(letters))]
		}
		return string(text)
	}
	for range 2000 {
		var text strings.Builder
		text.WriteString(ownersHeader)
		for range random.IntN(10) {
			for range matched {
				if letters := "ab*"[:2+random.IntN(2)]; random.IntN(3) == 0 {
					text.WriteString(word(letters, 4))
				}
				text.WriteString(",")
			}
			fmt.Fprintf(&text, "owner %d\n", random.IntN(4))
		}
		list := &fleet.Fleet{}
		for range random.IntN(20) {
			in := owned(word("ab", 3), word("ab", 5), word("ab", 2), word("ab", 3), word("ab", 1))
			in.Status = []string{"Running", "Stopped", "Deleted"}[random.IntN(3)]
			list.Instances = append(list.Instances, in)
		}
		wantPlainOwners(t, text.String(), list)
	}
}

// FuzzOwnerFile checks that an owner file gives the owners that plain matching finds, with names that can be shown, or
// an error that doesn't quote the file.
func FuzzOwnerFile(f *testing.F) {
	f.Add(ownersHeader+",,ml-*,,,,ml\n,,,MONTREAL-1,,,web\n,,,,CPU only,,ops\n", "7", "ml-1", "MONTREAL-1")
	f.Add("owner,host_name\nb,*a*b\na,**\n", "", "xaxb", "")
	f.Add("id,owner\n7,a\n*,b\n7,c\n", "7", "h", "A")
	f.Add("id,owner\n1,"+fuzzCanary+"\u200B\n", "1", "", "")
	f.Add("id,owner\n1,\""+fuzzCanary+"\n\"\n", "1", "", "")
	f.Add("owner\nUnassigned\n", "1", "", "")
	f.Fuzz(func(t *testing.T, text, id, hostName, region string) {
		file, err := parseOwnerFile(text)
		if err != nil {
			if strings.Contains(err.Error(), fuzzCanary) {
				t.Errorf("the error quotes the file: %v", err)
			}
			return
		}
		for _, row := range file.rows {
			wantCleanText(t, row.owner)
			if row.owner == "" || strings.EqualFold(row.owner, fleet.Unassigned) || fleet.Visible(row.owner) != row.owner {
				t.Errorf("the owner %q", row.owner)
			}
		}
		if strings.Count(text, "*") > 6 || max(len(id), len(hostName), len(region)) > 40 { // plain matching takes long
			return
		}
		wantPlainOwners(t, text, &fleet.Fleet{Instances: []*fleet.Instance{
			owned(id, hostName, region, "", "VM"), owned("", hostName, "", region, ""), owned(id, "", region, "", ""),
			machine(region, hostName, 0, id)}})
	})
}

// BenchmarkOwnerFile finds the owners of 100,000 instances in 200 rows with patterns and 10,000 without. Most instances
// match none of the patterns, so that all are tried.
func BenchmarkOwnerFile(b *testing.B) {
	var text strings.Builder
	text.WriteString(ownersHeader)
	for i := range 50 {
		fmt.Fprintf(&text, ",,team%d-*,,,,a\n,,*-x%d,US-*,,,b\n,,*in*%d-,,H*,,c\n,,t*r*n*-%d-*,,,Bare*,d\n", i, i, i, i)
	}
	instances := fleettest.Instances(100_000)
	for i := range 2500 {
		in := instances[i*40]
		fmt.Fprintf(&text, ",%s,,,,,e\n,,%s,,,,f\n,,%s,%s,,,g\n,,,%s,%s,GONE-%d,h\n",
			in.ID, instances[i*40+1].HostName, instances[i*40+2].HostName, instances[i*40+2].Region, in.Region, in.Model(), i)
	}
	f := parseOwners(b, text.String())
	list := &fleet.Fleet{Instances: instances}
	for b.Loop() {
		list.Unowned = fleet.Unowned{}
		f.Apply(list)
	}
	if n := len(instances); list.Unowned.Listed == 0 || list.Unowned.Listed == n {
		b.Errorf("%d of %d instances have no owner", list.Unowned.Listed, n)
	}
}
