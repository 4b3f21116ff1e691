package history

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"

	"gpufleet/fetch/fleet"
	"gpufleet/fetch/fleet/fleettest"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func head() Head {
	return Head{Source: "api", Audience: "public", Currency: "USD"}
}

func money(t testing.TB, text string) fleet.Money {
	t.Helper()
	m, err := fleet.ParseTotal(text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func list(t testing.TB) []*fleet.Instance {
	return []*fleet.Instance{
		{Region: "A", Status: "Error"}, {},
		{ID: "1", Region: "A", HostName: `q"\<é😀`, GPU: "H100", GPUCount: fleet.Known(8.0),
			CPUCores: fleet.Known(0.5), RAM: fleet.Known(1e9),
			DiskSize: fleet.Known(0.0), Price: fleet.Known(money(t, "0.123456789012345678901234567890")), Status: "Running"},
		{ID: "10", Region: "A", Price: fleet.Known(fleet.Money{})}, {ID: "2"},
	}
}

// hiddenList returns the list as a run with that head would write it: without hidden fields, and with pseudonyms if
// there is a key.
func hiddenList(t testing.TB, h Head) []*fleet.Instance {
	rows := list(t)
	for i, in := range rows {
		if slices.Contains(h.Hidden, "host_name") {
			in.HostName = ""
		}
		if h.Key != "" && in.ID != "" {
			in.ID = fmt.Sprintf("%020x", i)
		}
	}
	return rows
}

func snapshot(t testing.TB, h Head, taken time.Time, rows ...*fleet.Instance) *Snapshot {
	t.Helper()
	return NewSnapshot(h, taken, rows)
}

// contentOf returns the bytes of a snapshot's file.
func contentOf(t testing.TB, s *Snapshot) []byte {
	t.Helper()
	var b bytes.Buffer
	n, err := s.WriteTo(&b)
	if err != nil || n != int64(b.Len()) {
		t.Fatalf("%d bytes of %d, %v", n, b.Len(), err)
	}
	return b.Bytes()
}

// readWhole reads a snapshot's file with all rows.
func readWhole(content []byte) (*Snapshot, error) {
	s, err := ReadSnapshot(content)
	if err == nil {
		err = s.Check(context.Background())
	}
	return s, err
}

func rowsOf(t testing.TB, s *Snapshot) []string {
	t.Helper()
	var rows []string
	if err := s.Rows(func(in *fleet.Instance) error {
		rows = append(rows, fmt.Sprintf("%+v", *in))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestSnapshotRoundTrip checks that a snapshot reads exactly as it was written, and that equal lists give equal bytes.
func TestSnapshotRoundTrip(t *testing.T) {
	h := head()
	h.Hidden, h.Key = []string{"created_at", "os"}, "key:1"
	first := contentOf(t, snapshot(t, h, now, hiddenList(t, h)...))
	read, err := readWhole(first)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(contentOf(t, read), first) ||
		!bytes.Equal(first, contentOf(t, snapshot(t, h, now, hiddenList(t, h)...))) {
		t.Error("equal lists give different bytes")
	}
	if !reflect.DeepEqual(read.Head, h) || !read.Taken.Equal(now) || read.Count != 5 {
		t.Errorf("head %+v", read)
	}
	var want []string
	for _, in := range hiddenList(t, h) {
		want = append(want, fmt.Sprintf("%+v", *in))
	}
	if diff := cmp.Diff(want, rowsOf(t, read)); diff != "" {
		t.Error(diff)
	}
	if first[9] != 255 || !bytes.Equal(first[3:8], make([]byte, 5)) {
		t.Errorf("the gzip header holds a name, a time or a system: %v", first[:10])
	}
	if got := read.Path(); got != "data/snapshots/2026-11-22.json.gz" {
		t.Error(got)
	}
}

// full is a writer to a full disk.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func packed(text string) []byte {
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	io.WriteString(zip, text)
	zip.Close()
	return b.Bytes()
}

func unpacked(t testing.TB, content []byte) string {
	t.Helper()
	zip, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestNothingElseIsKept has files with more than a snapshot's head and rows: in the gzip header, in the compression and
// in the form of the JSON. If they are not listed in a manifest, they must be encoded again, without the rest.
func TestNothingElseIsKept(t *testing.T) {
	content := contentOf(t, snapshot(t, head(), now, list(t)...))
	text := unpacked(t, content)
	repack := func(text string, change func(*gzip.Writer)) []byte {
		var b bytes.Buffer
		zip := newZip(&b)
		change(zip)
		io.WriteString(zip, text)
		zip.Close()
		return b.Bytes()
	}
	same := func(*gzip.Writer) {}
	for name, file := range map[string][]byte{
		"as it was written": content,
		"named":             repack(text, func(zip *gzip.Writer) { zip.Name = "CANARY" }),
		"commented":         repack(text, func(zip *gzip.Writer) { zip.Comment = "CANARY" }),
		"extra":             repack(text, func(zip *gzip.Writer) { zip.Extra = []byte("CANARY") }),
		"dated":             repack(text, func(zip *gzip.Writer) { zip.ModTime = now }),
		"other compression": packed(text),
		"an empty block":    repack(text, func(zip *gzip.Writer) { zip.Flush() }),
		"blanks":            repack(strings.Replace(text, ",\n", ", \n", 1), same),
		"blanks at the end": repack(text+" ", same),
		"another order": repack(
			strings.Replace(text, `"status":"Error","region":"A"`, `"region":"A","status":"Error"`, 1), same),
		"escaped":        repack(strings.Replace(text, `"status":"Error"`, `"status":"\u0045rror"`, 1), same),
		"another number": repack(strings.Replace(text, `"gpu_count":8`, `"gpu_count":8.0`, 1), same),
	} {
		c := NewCollector(head(), now, false)
		c.Unlisted = true
		s, err := ReadSnapshot(file)
		c.AddSnapshot(SnapshotPath(now), s, err)
		if err := c.CheckSnapshots(t.Context()); err != nil || len(c.History().Snapshots) == 0 {
			t.Errorf("%s: %v, %q", name, err, c.History().Warnings)
		} else if !bytes.Equal(contentOf(t, c.History().Snapshots[0]), content) {
			t.Errorf("%s: the file differs", name)
		}
	}
	second := repack("", func(zip *gzip.Writer) { zip.Comment = "CANARY" })
	if _, err := readWhole(slices.Concat(content, second)); err == nil || strings.Contains(err.Error(), "CANARY") {
		t.Errorf("a second stream: %v", err)
	}
}

// TestCheckSnapshots checks that only the needed snapshots are read. A damaged one of these is removed. Any other stays
// unchanged, whatever it contains.
func TestCheckSnapshots(t *testing.T) {
	damaged := func(s *Snapshot) []byte {
		return packed(strings.Replace(unpacked(t, contentOf(t, s)), `"Error"`, `["Error"]`, 1))
	}
	for name, test := range map[string]struct {
		now    time.Time
		broken []int // days ago
		lost   []int // of these
	}{
		"first run of a day": {now.Add(-time.Hour), []int{2, 3, 5, 6}, nil},
		"a day's second run": {now, []int{3, 4, 5, 6, 8, 9}, nil},
		"the last":           {now, []int{1, 2, 3}, []int{1, 2, 3}},
		"a week old":         {now, []int{7, 8, 10}, []int{7, 8}},
		"none is a week old": {now.AddDate(0, 0, -5), []int{10, 8}, []int{10}},
	} {
		c := NewCollector(head(), test.now, true)
		want := map[string][]byte{}
		for ago := range 11 {
			taken := now.AddDate(0, 0, -ago).Add(-2 * time.Hour)
			if taken.After(test.now) {
				continue
			}
			s := snapshot(t, head(), taken, list(t)...)
			content := contentOf(t, s)
			if slices.Contains(test.broken, ago) {
				content = damaged(s)
			}
			if !slices.Contains(test.lost, ago) {
				want[s.Path()] = content
			}
			read, err := ReadSnapshot(content)
			c.AddSnapshot(s.Path(), read, err)
		}
		if err := c.CheckSnapshots(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, s := range c.History().Snapshots {
			if !bytes.Equal(contentOf(t, s), want[s.Path()]) {
				t.Errorf("%s: %s is lost or was encoded again", name, s.Path())
			}
			delete(want, s.Path())
		}
		if len(want) > 0 || len(c.History().Warnings) != len(test.lost) {
			t.Errorf("%s: %d snapshots are lost, with %q", name, len(want), c.History().Warnings)
		}
	}
}

// TestOldFormat reads a snapshot in format 1, whose rows have no group. They get the current group of their id, and
// the snapshot is encoded again.
func TestOldFormat(t *testing.T) {
	file := packed(`{"schema":1,"taken":"2026-11-22T12:00:00Z","source":"file","account":"","audience":"public",` +
		`"currency":"USD","hidden":[],` +
		`"key":"","total_instances":3,"instances":[` + "\n" +
		`{"id":"1","gpu":"H100","gpu_count":1},{"id":"2"},{"gpu":"L40S"}]}`)
	s, err := readWhole(file)
	if err != nil || !s.IsOldFormat() {
		t.Fatalf("%+v, %v", s, err)
	}
	s.SetMissingGroups(func(key fleet.Key) string {
		return map[string]string{"1": "H100-80G", "2": fleet.CPUOnly}[key.ID]
	})
	again, err := readWhole(contentOf(t, s))
	if err != nil || again.IsOldFormat() {
		t.Fatalf("%+v, %v", again, err)
	}
	var groups []string
	again.Rows(func(in *fleet.Instance) error { groups = append(groups, in.ID+" "+in.Model()); return nil })
	if diff := cmp.Diff([]string{"1 H100-80G", "2 CPU only", " L40S"}, groups); diff != "" {
		t.Error(diff)
	}
}

// TestWrongClock checks that a snapshot can be read even if the clock was wrong when it was taken.
func TestWrongClock(t *testing.T) {
	taken := time.Unix(86400, 0).UTC()
	row := fleet.Instance{ID: "1", StatusSince: taken}
	read, err := readWhole(contentOf(t, snapshot(t, head(), taken, &row)))
	if err != nil {
		t.Fatal(err)
	}
	if rows := rowsOf(t, read); len(rows) != 1 || rows[0] != fmt.Sprintf("%+v", row) {
		t.Errorf("%s", rows)
	}
}

// TestEveryField sets each field of the table in turn. It must be read again if snapshots keep it and it isn't hidden,
// and only then.
func TestEveryField(t *testing.T) {
	fleettest.AddField(t)
	for _, f := range fleet.Fields {
		for _, hidden := range []bool{false, true} {
			h := head()
			if hidden && f.HiddenAs != "" {
				h.Hidden = []string{f.HiddenAs}
			}
			row, blank := fleet.Instance{}, fleet.Instance{}
			fleettest.Set(f, &row, 3)
			want := &blank
			if f.SnapshotFormat > 0 && !f.HiddenBy(h.Hidden) || f.Name == "public_ipv4" { // where the added field is
				want = &row
			}
			read, err := readWhole(contentOf(t, snapshot(t, h, now, &row)))
			if err != nil {
				t.Errorf("%s: %v", f.Name, err)
				continue
			}
			read.Rows(func(in *fleet.Instance) error {
				if f.Compare(in, want) != 0 {
					t.Errorf("%s, hidden %v: %+v", f.Name, h.Hidden, in)
				}
				return nil
			})
		}
	}
}

// TestLongTexts checks that texts that are too long, as older versions kept them, are shortened. An id becomes unknown.
func TestLongTexts(t *testing.T) {
	long := strings.Repeat("é", fleet.MaxText+1)
	good := unpacked(t, contentOf(t, snapshot(t, head(), now, list(t)...)))
	lengthen := strings.NewReplacer(`"Running"`, `"`+long+`"`, `"id":"10"`, `"id":"1`+long+`"`)
	s, err := readWhole(packed(lengthen.Replace(good)))
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	s.Rows(func(in *fleet.Instance) error {
		if in.ID == "1" && in.Status != strings.Repeat("é", fleet.MaxText-1)+"…" {
			t.Errorf("status %q", in.Status)
		}
		ids = append(ids, in.ID)
		return nil
	})
	if diff := cmp.Diff([]string{"", "", "1", "", "2"}, ids); diff != "" {
		t.Error(diff)
	}
}

// TestInterruptedRead checks that a signal interrupts the reading of a large snapshot, and that a snapshot can be read
// after its context has ended.
func TestInterruptedRead(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	content := contentOf(t, snapshot(t, head(), now, list(t)...))
	s, err := ReadSnapshot(content)
	if err != nil {
		t.Fatal(err)
	}
	stopped := errors.New("stopped")
	cancel(stopped)
	if err := s.Check(ctx); !errors.Is(err, stopped) {
		t.Errorf("read: %v", err)
	}
	if rows := rowsOf(t, s); len(rows) != s.Count {
		t.Errorf("%d rows", len(rows))
	}
}

// TestWriteToFails checks that the error of a full disk is returned only once.
func TestWriteToFails(t *testing.T) {
	_, err := snapshot(t, head(), now, list(t)...).WriteTo(full{})
	if err == nil || err.Error() != "no space left" {
		t.Errorf("error %q", err)
	}
}

// TestSnapshotLimits checks that a snapshot which could not be read again is not written.
func TestSnapshotLimits(t *testing.T) {
	s := snapshot(t, head(), now, list(t)...)
	content := contentOf(t, s)
	packed, text := int64(len(content)), int64(len(unpacked(t, content)))
	for _, test := range []struct {
		packed, text int64
		ok           bool
	}{{packed, text, true}, {packed - 1, text, false}, {packed, text - 1, false}} {
		_, err := s.writeTo(io.Discard, test.packed, test.text)
		if (err == nil) != test.ok || err != nil && !strings.Contains(err.Error(), s.Path()+" would be too large") {
			t.Errorf("limits %d and %d: %v", test.packed, test.text, err)
		}
	}
}

// TestDamagedSnapshots checks that a snapshot with any kind of damage is rejected, without quoting it.
func TestDamagedSnapshots(t *testing.T) {
	good := unpacked(t, contentOf(t, snapshot(t, head(), now, list(t)...)))
	change := func(old, replacement string) []byte {
		if !strings.Contains(good, old) {
			t.Fatalf("%s is not in %s", old, good)
		}
		return packed(strings.Replace(good, old, replacement, 1))
	}
	whole := packed(good)
	tests := map[string][]byte{
		"nothing":            nil,
		"no gzip":            []byte(good),
		"cut short":          whole[:len(whole)-9],
		"checksum":           append(slices.Clone(whole[:len(whole)-8]), 1, 2, 3, 4, 5, 6, 7, 8),
		"trailing":           append(slices.Clone(whole), "CANARY"...),
		"twice":              append(slices.Clone(whole), whole...),
		"empty":              packed(""),
		"no JSON":            packed("CANARY"),
		"array":              packed(`["CANARY"]`),
		"other schema":       change(`"schema":2`, `"schema":3`),
		"no fields":          change(`"fields":`, `"CANARY":`),
		"unknown in list":    change(`"fields":["id"`, `"fields":["CANARY"`),
		"field listed twice": change(`"fields":["id"`, `"fields":["id","id"`),
		"field not listed":   change(`"fields":["id","status"`, `"fields":["id"`),
		"status to come":     change(`{"id":"2"}`, `{"id":"2","status_since":1795348801}`),
		"schema is text":     change(`"schema":2`, `"schema":"CANARY"`),
		"source":             change(`"api"`, `"CANARY"`),
		"account":            change(`"source":"api"`, `"source":"api","account":7`),
		"audience":           change(`"public"`, `"CANARY"`),
		"currency":           change(`"USD"`, `"CANARY"`),
		"hidden":             change(`[]`, `["b","a"]`),
		"hidden name":        change(`[]`, `["CANARY name"]`),
		"key":                change(`"key":""`, `"key":"a b"`),
		"head's time":        change(`2026-11-22T12`, `CANARY`),
		"zone":               change(`12:00:00Z`, `12:00:00+01:00`),
		"fraction":           change(`12:00:00Z`, `12:00:00.5Z`),
		"member twice":       change(`"source":"api"`, `"source":"api","source":"api"`),
		"unknown member":     change(`"source":"api"`, `"source":"api","CANARY":1`),
		"missing member":     change(`"source":"api",`, ``),
		"rows first":         packed(`{"instances":[],"schema":1}`),
		"no rows":            packed(`{"schema":1}`),
		"fewer rows":         change(`"total_instances":5`, `"total_instances":6`),
		"more rows":          change(`"total_instances":5`, `"total_instances":4`),
		"row is text":        change(`{"id":"2"}`, `"CANARY"`),
		"unknown field":      change(`{"id":"2"}`, `{"id":"2","vm_password":"CANARY"}`),
		"field twice":        change(`{"id":"2"}`, `{"id":"2","id":"3"}`),
		"out of order":       change(`{"id":"2"}`, `{"id":"0"}`),
		"id twice":           change(`{"id":"2"}`, `{"id":"10"}`),
		"number as text":     change(`"gpu_count":8`, `"gpu_count":"8"`),
		"negative":           change(`"gpu_count":8`, `"gpu_count":-8`),
		"absurd":             change(`"gpu_count":8`, `"gpu_count":1e16`),
		"price is a number":  change(`"price_per_hour":"0"`, `"price_per_hour":0`),
		"price is no amount": change(`"price_per_hour":"0"`, `"price_per_hour":"CANARY"`),
		"negative price":     change(`"price_per_hour":"0"`, `"price_per_hour":"-1"`),
		"blank text":         change(`"status":"Running"`, `"status":""`),
		"control character":  change(`"status":"Running"`, `"status":"a\u0007"`),
		"direction":          change(`"status":"Running"`, `"status":"a\u202eb"`),
		"absurd text":        change(`"status":"Running"`, `"status":"`+strings.Repeat("x", maxKeep+1)+`"`),
		"type":               change(`{"id":"2"}`, `{"id":"2","type":2}`),
		"time":               change(`{"id":"2"}`, `{"id":"2","created_at":12}`),
		"null":               change(`"status":"Running"`, `"status":null`),
		"more text":          packed(good + "CANARY"),
		"deep":               packed(strings.Repeat("[", 5000)),
	}
	for name, content := range tests {
		if s, err := readWhole(content); err == nil {
			t.Errorf("%s: read %+v", name, s)
		} else if strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%s: the error quotes the file: %v", name, err)
		}
	}
}

func twoDays(t testing.TB) []Entry {
	f := Figures{
		Instances: 3, GPUs: 4, GPUsKnown: 2,
		Running: Cost{2, 1, Amount{money(t, "0.1")}},
		Listed:  Cost{3, 1, Amount{money(t, "123456789012345678901234567890.123456789")}},
	}
	return []Entry{
		{Date: "2026-11-20", Taken: now.AddDate(0, 0, -2), Figures: f, Groups: []Group{{"A", "H100", f}}},
		{Date: "2026-11-21", Taken: now.AddDate(0, 0, -1), Figures: f,
			Changes: &Counts{"2026-11-20", 1, 2, 3}, Groups: []Group{}},
	}
}

func written(t testing.TB, h Head, days []Entry) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteDays(&b, h, days); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestHistoryRoundTrip(t *testing.T) {
	first := written(t, head(), twoDays(t))
	h, days, err := ReadDays(first)
	if err != nil {
		t.Fatal(err)
	}
	if again := written(t, h, days); !bytes.Equal(first, again) {
		t.Errorf("%s\nbecomes\n%s", first, again)
	}
}

func TestDamagedHistory(t *testing.T) {
	good := string(written(t, head(), twoDays(t)))
	for old, replacement := range map[string]string{
		`"schema":2`:          `"schema":3`,
		`"api"`:               `"CANARY"`,
		`"days":[`:            `"CANARY":1,"days":[`,
		`"date":"2026-11-20"`: `"date":"2026-11-19"`,
		`"date":"2026-11-21","taken":"2026-11-21T`: `"date":"2026-11-20","taken":"2026-11-20T`,
		`"instances":3`:        `"instances":-3`,
		`"gpus":4`:             `"gpus":0.5`,
		`"gpus_known":2`:       `"gpus_known":4`,
		`"per_hour":"0.1"`:     `"per_hour":"CANARY"`,
		`"per_hour":"0`:        `"per_hour":"-0`,
		`"since":"2026-11-20"`: `"since":"2026-11-21"`,
		`"added":1`:            `"added":"CANARY"`,
		"]}\n":                 "]}CANARY",
		`"region":"A"`:         `"region":"a\u0007"`,
		`"changes":null`:       `"changes":null,"changes":{"since":"CANARY"}`,
	} {
		if !strings.Contains(good, old) {
			t.Fatalf("%s is not in %s", old, good)
		}
		_, days, err := ReadDays([]byte(strings.Replace(good, old, replacement, 1)))
		if err == nil {
			t.Errorf("%s for %s: read %+v", replacement, old, days)
		} else if strings.Contains(err.Error(), "CANARY") {
			t.Errorf("the error quotes the file: %v", err)
		}
	}
}

// TestRules has a case for each reason why a run can't use a snapshot or the daily figures. Each is a loss.
func TestRules(t *testing.T) {
	yesterday := now.AddDate(0, 0, -1)
	pseudonyms := func(key string) func(*Head) {
		return func(h *Head) { h.Hidden, h.Key = []string{"id"}, key }
	}
	tests := []struct {
		name             string
		old, run         func(*Head)
		ownKey           string
		taken            time.Time
		snapshot, figure bool
		lastCount        bool
		says             string
	}{
		{"the same", nil, nil, "", yesterday, true, true, true, ""},
		{"the same day", nil, nil, "", now.Add(-time.Hour), true, true, true, ""},
		{"the same moment", nil, nil, "", now, true, true, true, ""},
		{"a little later", nil, nil, "", now.Add(10 * time.Minute), true, true, true, ""},
		{"later", nil, nil, "", now.Add(10*time.Minute + time.Second), false, false, true,
			"is of 2026-11-22 12:10 UTC, but this run's time is 2026-11-22 12:00 UTC"},
		{"another source", func(h *Head) { h.Source = "file" }, nil, "", yesterday, false, false, false,
			"was made from a saved reply, but this one is made from the API"},
		{"another currency", func(h *Head) { h.Currency = "EUR" }, nil, "", yesterday, false, false, true,
			"is in EUR, but this one is in USD; use --currency EUR"},
		{"the sample", func(h *Head) { h.Source = "demo" }, nil, "", yesterday, false, false, false, ""},
		{"wider audience", func(h *Head) { h.Audience = "internal" }, nil, "", yesterday, true, true, true, ""},
		{"narrower audience", nil, func(h *Head) { h.Audience = "internal" }, "", yesterday, true, true, true, ""},
		{"less hidden", nil, func(h *Head) { h.Hidden = []string{"host_name"} }, "", yesterday, true, true, true, ""},
		{"more hidden", func(h *Head) { h.Hidden = []string{"host_name"} }, nil, "", yesterday, true, true, true, ""},
		{"pseudonyms now", nil, pseudonyms("1"), "1", yesterday, true, true, true, ""},
		{"the same key", pseudonyms("1"), pseudonyms("1"), "1", yesterday, true, true, true, ""},
		{"another key", pseudonyms("1"), pseudonyms("2"), "2", yesterday, false, true, true, "GPUFLEET_PSEUDONYM_KEY"},
		{"pseudonyms before", pseudonyms("1"), nil, "", yesterday, false, true, true, "GPUFLEET_PSEUDONYM_KEY"},
		{"before, with the key", pseudonyms("1"), nil, "1", yesterday, true, true, true, ""},
		{"before, with another key", pseudonyms("1"), nil, "2", yesterday, false, true, true, "GPUFLEET_PSEUDONYM_KEY"},
	}
	for _, test := range tests {
		old, run := head(), head()
		if test.old != nil {
			test.old(&old)
		}
		if test.run != nil {
			test.run(&run)
		}
		c := NewCollector(run, now, false)
		c.OwnKey = test.ownKey
		s := snapshot(t, old, test.taken, hiddenList(t, old)...)
		read, err := readWhole(contentOf(t, s))
		c.AddSnapshot(s.Path(), read, err)
		if got := c.history.LastCount.Known; got != test.lastCount {
			t.Errorf("%s: sets LastCount: %v", test.name, got)
		}
		c.AddDays(written(t, old, []Entry{{Date: DateText(test.taken), Taken: test.taken}}))
		c.SettleTime()
		p := c.History()
		if len(p.Snapshots) > 0 != test.snapshot || len(p.Days) > 0 != test.figure {
			t.Errorf("%s: %d snapshots, %d days", test.name, len(p.Snapshots), len(p.Days))
		}
		if loss := p.Loss(); len(p.losses) > 1 || (loss == nil) != (test.says == "") || len(p.Warnings) > 0 ||
			loss != nil && !strings.Contains(loss.Error(), test.says) {
			t.Errorf("%s: %v, warnings %q", test.name, loss, p.Warnings)
		}
		if test.figure && (p.Now.Before(test.taken) || p.Now.Before(now)) {
			t.Errorf("%s: the run's time is %v", test.name, p.Now)
		}
	}
}

func TestNameMustMatch(t *testing.T) {
	c := Collector{Run: head(), Now: now}
	s, err := readWhole(contentOf(t, snapshot(t, head(), now.AddDate(0, 0, -1))))
	c.AddSnapshot("data/snapshots/2026-11-20.json.gz", s, err)
	if p := c.History(); len(p.Snapshots) > 0 || p.Loss() == nil || p.LastCount.Known {
		t.Errorf("%+v", p)
	}
}

// TestRecent checks that the newest 15 days of snapshots and 400 of figures are kept, including the day of the run,
// whatever the clock says.
func TestRecent(t *testing.T) {
	p := &History{}
	for ago := 450; ago >= 0; ago-- {
		taken := now.AddDate(0, 0, -ago).Add(11 * time.Hour) // later in the day than this run
		p.Days = append(p.Days, Entry{Date: DateText(taken), Taken: taken})
		if ago < 20 {
			p.Snapshots = append(p.Snapshots, &Snapshot{Taken: taken})
		}
	}
	for name, test := range map[string]struct {
		now         time.Time
		first, last string
	}{
		"today":           {now, "2026-11-08", "2026-11-21"},
		"two years ahead": {now.AddDate(2, 0, 0), "2026-11-09", "2026-11-22"},
	} {
		s := p.RecentSnapshots(test.now)
		if len(s) != 14 || DateText(s[0].Taken) != test.first || DateText(s[13].Taken) != test.last {
			t.Errorf("%s: %d snapshots", name, len(s))
		}
		if d := p.RecentDays(test.now); len(d) != 399 || d[398].Date != test.last {
			t.Errorf("%s: %d days", name, len(d))
		}
	}
}

func TestSnapshotDate(t *testing.T) {
	for path, want := range map[string]bool{
		"data/snapshots/2026-11-22.json.gz": true,
		"data/snapshots/2026-02-30.json.gz": false,
		"data/snapshots/2026-11-22.json":    false,
		"data/snapshots/x026-11-22.json.gz": false,
		"data/snapshotx/2026-11-22.json.gz": false,
		"data/snapshots/2026-11-2.json.gzz": false,
	} {
		if _, got := SnapshotDate(path); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}

// FuzzSnapshot checks that any snapshot that can be read is the same after it was written and read again.
func FuzzSnapshot(f *testing.F) {
	f.Add(unpacked(f, contentOf(f, snapshot(f, head(), now, list(f)...))))
	for _, row := range []string{
		`{}`, `{"id":"1","ram":007}`, `{"ram":999999999999999}`, `{"ram":1000000000000000}`, `{"ram":0.5}`,
		`{"id":"a\"b"}`, `{"id":"a","id":"b"}`, "{\"id\":\"\xff\"}", `{"id":"1","status":"x" }`, `{"id":"1",}`,
		`{"id":" 1"}`, `{"price_per_hour":"1"}`, `{"price_per_hour":"01"}`, `{"status":"x","id":"1"}`,
	} {
		f.Add(`{"schema":2,"taken":"2026-11-22T12:00:00Z","source":"file","audience":"public","currency":"USD",` +
			`"hidden":[],"key":"","fields":["id","status","ram","price_per_hour"],"total_instances":1,"instances":[` +
			"\n" + row + "\n]}\n")
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := readWhole(packed(text))
		if err != nil {
			return
		}
		content := contentOf(t, s)
		again, err := readWhole(content)
		if err != nil {
			t.Fatalf("it can't be read again: %v", err)
		}
		if !bytes.Equal(contentOf(t, again), content) {
			t.Error("it reads differently the second time")
		}
		rows := rowsOf(t, s)
		if len(rows) != s.Count {
			t.Errorf("%d rows, but a count of %d", len(rows), s.Count)
		}
	})
}

// FuzzHistory does the same for data/history.json.
func FuzzHistory(f *testing.F) {
	f.Add(written(f, head(), twoDays(f)))
	f.Fuzz(func(t *testing.T, content []byte) {
		h, days, err := ReadDays(content)
		if err != nil {
			return
		}
		first := written(t, h, days)
		h, days, err = ReadDays(first)
		if err != nil {
			t.Fatalf("it can't be read again: %v", err)
		}
		if !bytes.Equal(first, written(t, h, days)) {
			t.Error("it reads differently the second time")
		}
	})
}

// TestHiddenStaysHidden changes a snapshot to show a field that its head says is hidden. It must be rejected.
func TestHiddenStaysHidden(t *testing.T) {
	for name, test := range map[string]struct {
		hidden []string
		key    string
		row    string
	}{
		"host name": {[]string{"host_name"}, "", `{"id":"1","host_name":"CANARY"}`},
		"disk size": {[]string{"disk_size"}, "", `{"id":"1","disk_size":4242}`},
		"id":        {[]string{"id"}, "key", `{"id":"CANARY-7"}`},
	} {
		h := head()
		h.Hidden, h.Key = test.hidden, test.key
		text := unpacked(t, contentOf(t, snapshot(t, h, now, &fleet.Instance{})))
		s, err := readWhole(packed(strings.Replace(text, "{}", test.row, 1)))
		if err == nil || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
}

// TestLastCountWithoutSnapshot takes the last run's count from data/history.json if no snapshot can be read.
func TestLastCountWithoutSnapshot(t *testing.T) {
	c := Collector{Run: head(), Now: now}
	s, err := readWhole([]byte("damaged"))
	c.AddSnapshot(SnapshotPath(now), s, err)
	c.AddDays(written(t, head(), []Entry{{Date: DateText(now), Taken: now, Figures: Figures{Instances: 30}}}))
	if last := c.History().LastCount; !last.Known || last.Value != 30 {
		t.Errorf("%+v", last)
	}
}

// TestTimeWithoutFigures takes the last reading's time from the snapshots if the daily figures are lost.
func TestTimeWithoutFigures(t *testing.T) {
	c := NewCollector(head(), now, false)
	s := snapshot(t, head(), now.Add(time.Minute), list(t)...)
	c.AddSnapshot(s.Path(), s, nil)
	c.SettleTime()
	if got := c.History().Now; !got.Equal(s.Taken) {
		t.Error(got)
	}
}

// TestTimeOfTheLastReading lets go of readings in the future, and of no others.
func TestTimeOfTheLastReading(t *testing.T) {
	c := NewCollector(head(), now, true)
	var days []Entry
	for _, taken := range []time.Time{now.AddDate(0, 0, -1), now.Add(5 * time.Minute), now.AddDate(0, 0, 20)} {
		days = append(days, Entry{Date: DateText(taken), Taken: taken})
	}
	c.AddDays(written(t, head(), days))
	for _, day := range slices.Backward(days) {
		s := snapshot(t, head(), day.Taken, list(t)...)
		c.AddSnapshot(s.Path(), s, nil)
	}
	c.SettleTime()
	p := c.History()
	if len(p.Snapshots) != 2 || len(p.Days) != 2 || !p.Now.Equal(now.Add(5*time.Minute)) || p.Loss() != nil {
		t.Errorf("%d snapshots, %d days, %v, %v", len(p.Snapshots), len(p.Days), p.Now, p.Loss())
	}
	if len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0], "letting go of the readings after that time") {
		t.Errorf("warnings %q", p.Warnings)
	}
}

// TestAccountIsForgotten reads files of earlier versions, which name the account by a hash. It is not written again,
// nor is what was made from it.
func TestAccountIsForgotten(t *testing.T) {
	hash := strings.Repeat("a", 64)
	name := func(text string) string {
		return strings.Replace(text, `"source":"api"`, `"source":"api","account":"`+hash+`"`, 1)
	}
	days := twoDays(t)
	days[1].Feed = strings.Repeat("b", 32)
	old := strings.Replace(name(string(written(t, head(), days))), `"schema":2`, `"schema":1`, 1)
	h, read, err := ReadDays([]byte(old))
	if err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{old, string(written(t, head(), days))} {
		c := NewCollector(head(), now, false)
		c.AddDays([]byte(content))
		if c.History().HidesLess != (content == old) || len(c.History().Days) != 2 {
			t.Errorf("%+v", c.History())
		}
	}
	if now := string(written(t, h, read)); strings.Contains(now, "account") || strings.Contains(now, days[1].Feed) {
		t.Error(now)
	}

	first := contentOf(t, snapshot(t, head(), now, list(t)...))
	s, err := ReadSnapshot(packed(name(unpacked(t, first))))
	if err != nil {
		t.Fatal(err)
	}
	c := NewCollector(head(), now, false)
	c.AddSnapshot(s.Path(), s, nil)
	if err := c.CheckSnapshots(t.Context()); err != nil || len(c.History().Snapshots) != 1 {
		t.Fatal(err)
	}
	if again := contentOf(t, c.History().Snapshots[0]); !bytes.Equal(again, first) {
		t.Errorf("%s", unpacked(t, again))
	}
}

// TestHistoryOfOddNames reads a history whose names are full of what separates members.
func TestHistoryOfOddNames(t *testing.T) {
	for _, odd := range []string{",", `":`, `\":`} {
		var groups []Group
		for i := range MaxGroups {
			groups = append(groups, Group{Region: fmt.Sprint(strings.Repeat(odd, 900/len(odd)), i), GPU: "x"})
		}
		var days []Entry
		for day := range 2 {
			at := now.AddDate(0, 0, day-2)
			days = append(days, Entry{Date: DateText(at), Taken: at, Groups: groups})
		}
		if _, read, err := ReadDays(written(t, head(), days)); err != nil || len(read) != 2 {
			t.Errorf("%s: %d days, %v", odd, len(read), err)
		}
	}
}

// TestHistoryLimits checks that a history which could not be read again is not written.
func TestHistoryLimits(t *testing.T) {
	days := twoDays(t)
	size := len(written(t, head(), days))
	if err := writeDays(io.Discard, head(), days, size); err != nil {
		t.Error(err)
	}
	for name, err := range map[string]error{
		"bytes": writeDays(io.Discard, head(), days, size-1),
		"days":  WriteDays(io.Discard, head(), make([]Entry, maxEntries+1)),
	} {
		if err == nil || !strings.Contains(err.Error(), HistoryPath+" would be too large") {
			t.Errorf("%s: %v", name, err)
		}
	}
	members := bytes.Repeat([]byte(`":`), maxMembers)
	if isTooLarge(members, MaxHistoryBytes) || !isTooLarge(append(members, `":`...), MaxHistoryBytes) {
		t.Error("another limit of members")
	}
	if isTooLarge(bytes.Repeat([]byte(`\":`), maxMembers+1), MaxHistoryBytes) {
		t.Error("the text of names counts as members")
	}
}

// BenchmarkSnapshot writes and reads the snapshot of 10,000 instances.
func BenchmarkSnapshot(b *testing.B) {
	rows := fleettest.Instances(10_000)
	slices.SortFunc(rows, func(a, b *fleet.Instance) int { return strings.Compare(a.ID, b.ID) })
	content := contentOf(b, snapshot(b, head(), now, rows...))
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			snapshot(b, head(), now, rows...).WriteTo(io.Discard)
		}
	})
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			if _, err := readWhole(content); err != nil {
				b.Fatal(err)
			}
		}
	})
}
