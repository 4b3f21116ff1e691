package e2e

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// wireTypes are values of every JSON type, by name.
var wireTypes = map[string]string{
	"number":             "7",
	"string":             `"x"`,
	"number in a string": `"7"`,
	"empty":              `""`,
	"float":              "7.25",
	"float in a string":  `"7.25"`,
	"huge":               "1e300",
	"too huge":           "1e9999",
	"long":               strings.Repeat("9", 500),
	"tiny":               "1e-300",
	"negative":           "-7",
	"minus zero":         "-0",
	"true":               "true",
	"false":              "false",
	"null":               "null",
	"array":              "[7]",
	"empty array":        "[]",
	"object":             `{"a": 7}`,
	"empty object":       "{}",
	"NaN in a string":    `"NaN"`,
	"hex in a string":    `"0x7"`,
	"nested":             strings.Repeat("[", 500) + strings.Repeat("]", 500),
}

var wireFields = []string{
	"id", "region", "product_type", "instance_type", "host_name", "cpu_cores", "ram", "gpu", "gpu_type", "gpu_count",
	"disk_size", "ephemeral", "public_ipv4", "price_per_hour", "type", "os", "status", "created_at", "vm_password",
	"password", "user", "unknown",
}

// TestEveryTypeInEveryField sends each field as each JSON type, missing, and twice. The run must succeed with few
// warnings that quote nothing. Every row must be there, and in data/instances.json each field must have its own type
// or be null.
func TestEveryTypeInEveryField(t *testing.T) {
	var rows []string
	for _, field := range wireFields {
		rows = append(rows, fmt.Sprintf(`{"without": %q}`, field))
		for _, value := range wireTypes {
			rows = append(rows,
				fmt.Sprintf(`{%q: %s}`, field, value),
				fmt.Sprintf(`{%q: null, %q: %s, %q: %s}`, field, field, value, field, value))
		}
	}
	good := strings.Replace(goodRow, `"id": 1`, `"id": "the good one"`, 1)
	rows = append(rows, good)
	// Rows with the same ID are one instance; each row without an ID is an instance.
	o := job{
		args:  []string{"--input", "-", "--audience", "internal", "--out", filepath.Join(quickDir(t), "out")},
		stdin: strings.NewReader(reply(rows...)),
	}
	got := o.run(t)
	if got.code != 4 {
		t.Fatalf("ids that stand twice make the list incomplete: exit code %d: %s", got.code, got.stderr)
	}
	for i, row := range rows {
		if !strings.HasPrefix(row, `{"id"`) {
			rows[i] = fmt.Sprintf(`{"id": "r%d", %s`, i, row[1:])
		}
	}
	withIDs := reply(rows...)
	distinct := strings.Replace(withIDs, fmt.Sprintf(`"total_instance": %d`, len(rows)), `"total_instance": 1`, 1)
	o.stdin = strings.NewReader(distinct)
	got = o.run(t)
	if got.code != 0 {
		t.Fatalf("exit code %d: %s", got.code, got.stderr)
	}
	lines := strings.Split(got.stderr, "\n")
	if len(lines) > 150 {
		t.Errorf("%d lines of warnings", len(lines))
	}
	quoting := regexp.MustCompile(`0x7|NaN|1e300|999|7\.25`)
	for _, line := range lines {
		if quoting.MatchString(line) || len(line) > 300 {
			t.Errorf("the warning %q", line)
		}
	}
	files := contents(t, o.args[len(o.args)-1])
	var list struct {
		Instances []map[string]any
	}
	if err := json.Unmarshal([]byte(files["data/instances.json"]), &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Instances) < len(rows)-2*len(wireTypes) {
		t.Errorf("%d instances of %d rows", len(list.Instances), len(rows))
	}
	amount := regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)
	goodOnes := 0
	for _, in := range list.Instances {
		for field, value := range in {
			var fits bool
			switch field {
			case "cpu_cores", "ram", "gpu_count", "disk_size", "ephemeral":
				n, isNumber := value.(float64)
				fits = isNumber && n >= 0 && n < 1e15 && (field != "gpu_count" || n == math.Trunc(n))
			case "price_per_hour":
				text, isText := value.(string)
				fits = isText && amount.MatchString(text)
			case "created_at":
				text, _ := value.(string)
				_, err := time.Parse(time.RFC3339, text)
				fits = err == nil
			default:
				text, isText := value.(string)
				fits = isText && text != ""
			}
			if value != nil && !fits {
				t.Errorf("%s is %v", field, value)
			}
		}
		if in["id"] == "the good one" {
			goodOnes++
			if in["price_per_hour"] != "0.679" || in["gpu"] != "RTX-A6000" || in["gpu_count"] != 1.0 {
				t.Errorf("a good row among bad ones reads %v", in)
			}
		}
	}
	if goodOnes != 1 {
		t.Errorf("the good row is in the report %d times", goodOnes)
	}
}

// TestEveryTypeInTheEnvelope does the same for the fields around the rows. A reply is read completely or not at all.
// With -short no field comes twice.
func TestEveryTypeInTheEnvelope(t *testing.T) {
	members := map[string]string{
		"data":           "[" + goodRow + "]",
		"total_instance": "1",
		"status":         `"success"`,
		"message":        `"ok"`,
	}
	for name := range members {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for kind, value := range wireTypes {
				for _, twice := range []bool{false, true} {
					if twice && testing.Short() {
						continue
					}
					wantEnvelope(t, members, name, kind, value, twice)
				}
			}
		})
	}
}

// wantEnvelope renders a reply in which one of the members has another type. If twice is set, the usual value
// follows.
func wantEnvelope(t *testing.T, members map[string]string, name, kind, value string, twice bool) {
	t.Helper()
	var parts []string
	for member, usual := range members {
		if member == name {
			usual = value
		}
		parts = append(parts, fmt.Sprintf("%q: %s", member, usual))
	}
	if twice {
		parts = append(parts, fmt.Sprintf("%q: %s", name, members[name]))
	}
	out := filepath.Join(quickDir(t), "out")
	body := "{" + strings.Join(parts, ", ") + "}"
	o := job{args: []string{"--input", "-", "--out", out}, stdin: strings.NewReader(body)}.run(t)
	want := map[int]bool{3: true}
	switch {
	case name == "message":
		want = map[int]bool{0: true}
	case name == "total_instance" && !twice: // null and empty mean unknown, and there are not 7 rows
		unknown := kind == "null" || kind == "empty" || kind == "minus zero"
		other := kind == "number" || kind == "number in a string"
		want = map[int]bool{0: unknown, 4: other, 3: true}
	case name == "data" && !twice && kind == "empty array":
		want = map[int]bool{4: true}
	}
	if !want[o.code] || want[0] && o.code != 0 && name == "message" {
		t.Errorf("%s as %s, twice %v: exit code %d: %s", name, kind, twice, o.code, o.stderr)
	}
	if files := contents(t, out); (len(files) > 0) != (o.code == 0) {
		t.Errorf("%s as %s: exit code %d and %d files", name, kind, o.code, len(files))
	}
}

// packed returns a gzip body that unpacks to n times a text of 1 MiB: a gzip file may consist of several parts.
func packed(times int, begin, repeated string) []byte {
	var b bytes.Buffer
	pack := func(text string) []byte {
		var part bytes.Buffer
		w, _ := gzip.NewWriterLevel(&part, gzip.BestCompression)
		io.WriteString(w, text)
		w.Close()
		return part.Bytes()
	}
	b.Write(pack(begin))
	part := pack(strings.Repeat(repeated, 1<<20/len(repeated)))
	for range times {
		b.Write(part)
	}
	return b.Bytes()
}

// memoryLimit is how much memory a run may need apart from its rows.
const memoryLimit = 128 << 20

// TestMonstrousReplies answers with bodies that never end, unpack to more than a gibibyte, or come byte by byte or not
// at all. The run must end with exit code 3, at most 2 seconds after its timeout, with little memory, and leave
// nothing behind.
func TestMonstrousReplies(t *testing.T) {
	bomb := func(begin, repeated string) http.HandlerFunc {
		body := packed(1100, begin, repeated)
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(body)
		}
	}
	// A flood sends three times the memory that a run may need, then nothing: to send more would only take time.
	flood := func(begin, repeated string) http.HandlerFunc {
		chunk := []byte(strings.Repeat(repeated, 1<<16/len(repeated)))
		return func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, begin)
			for sent := 0; sent < 3*memoryLimit; sent += len(chunk) {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
			<-r.Context().Done()
		}
	}
	drip := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			for n := 0; r.Context().Err() == nil; n++ {
				io.WriteString(w, text[n%len(text):][:1])
				w.(http.Flusher).Flush()
				time.Sleep(20 * time.Millisecond)
			}
		}
	}
	raw := func(head string, then func(net.Conn)) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			conn, _, _ := w.(http.Hijacker).Hijack()
			defer conn.Close()
			io.WriteString(conn, head)
			then(conn)
		}
	}
	stall := func(conn net.Conn) { io.Copy(io.Discard, conn) }
	cut := func(net.Conn) {}
	reset := func(conn net.Conn) { conn.(*net.TCPConn).SetLinger(0) }
	good := reply(goodRow)
	const ok = "HTTP/1.1 200 OK\r\n"
	length := func(n int) string { return fmt.Sprintf(ok+"Content-Length: %d\r\n\r\n", n) }
	const (
		usual  = 1500 * time.Millisecond // enough time for a flood to fill the memory
		short  = 500 * time.Millisecond  // for answers that only wait or fail
		plenty = 90 * time.Second
	)
	for name, test := range map[string]struct {
		answer  http.HandlerFunc
		timeout time.Duration
		code    int
	}{
		"a bomb of one password":  {bomb(`{"data": [{"vm_password": "`, "a"), plenty, 3},
		"a bomb of blanks":        {bomb(`{"data": `, " "), plenty, 3},
		"an endless string":       {flood(`{"data": [{"os": "`, "a"), usual, 3},
		"endless blanks":          {flood(``, " "), usual, 3},
		"endless members":         {flood(`{"a": 1`, `,"password":"0123456789"`), usual, 3},
		"one row without an end":  {flood(`{"data": [{"a": 1`, `,"password":"0123456789","host_name":"abcdefgh"`), usual, 3},
		"a drip of blanks":        {drip(" "), short, 3},
		"a drip of a string":      {drip(`{"data": [{"a": "` + strings.Repeat("x", 1000)), short, 3},
		"nothing":                 {raw("", stall), short, 3},
		"a head without an end":   {raw(ok+"A: b\r\n", stall), short, 3},
		"a head and no body":      {raw(length(100), stall), short, 3},
		"half a body":             {raw(length(len(good))+good[:20], stall), short, 3},
		"a cut":                   {raw(length(len(good))+good[:20], cut), short, 3},
		"a reset":                 {raw(length(len(good))+good[:20], reset), short, 3},
		"longer than its length":  {raw(length(20)+good, cut), short, 3},
		"shorter than its length": {raw(length(len(good)+10)+good, cut), short, 3},
		"a head too long":         {raw(ok+"A: "+strings.Repeat("a", 2<<20)+"\r\n\r\n", cut), short, 3},
		"gzip that is none":       {raw(ok+"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello", cut), short, 3},
		"a page":                  {fixed(200, "<!doctype html><title>Sign in</title>"), short, 3},
		"UTF-16":                  {fixed(200, "\xff\xfe{\x00}\x00"), short, 3},
		"a byte order mark":       {fixed(200, "\xef\xbb\xbf"+good), 30 * time.Second, 0},
		"two bodies":              {fixed(200, good+good), short, 3},
		"pages without an end": {func(w http.ResponseWriter, r *http.Request) {
			offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
			fmt.Fprintf(w, `{"data": [{"id": "%d"}], "total_instance": 1000000000, "status": "success"}`, offset)
		}, short, 3},
		"a total that grows": {func(w http.ResponseWriter, r *http.Request) {
			offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
			fmt.Fprintf(w, `{"data": [{"id": "%d"}], "total_instance": %d, "status": "success"}`, offset, offset+2)
		}, short, 3},
		"the same page again and again": {func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, strings.Replace(reply(goodRow), `"total_instance": 1`, `"total_instance": 50`, 1))
		}, 30 * time.Second, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, test.answer)
			top := quickDir(t)
			peak := make(chan int64, 1)
			o := job{
				args:    []string{"--api-url", s.URL, "--out", filepath.Join(top, "out"), "--timeout", test.timeout.String()},
				env:     []string{"GPUFLEET_TOKEN=x"},
				started: func(p *os.Process) { go func() { peak <- watchMemory(p.Pid) }() },
			}.run(t)
			if o.code != test.code {
				t.Errorf("exit code %d, want %d: %s", o.code, test.code, o.stderr)
			}
			if strings.HasPrefix(name, "a bomb") && !strings.Contains(o.stderr, "larger than 1 GiB") {
				t.Errorf("all of it was read: %s", o.stderr)
			}
			if o.took > test.timeout+2*time.Second {
				t.Errorf("took %v with %v of time", o.took, test.timeout)
			}
			most := <-peak
			t.Logf("%v, %d MiB, %s", o.took.Round(time.Millisecond), most>>20, strings.TrimSpace(o.stderr))
			if most > memoryLimit {
				t.Errorf("needed %d MiB", most>>20)
			}
			if o.code != 0 && len(contents(t, top)) > 0 {
				t.Errorf("left %v", contents(t, top))
			}
		})
	}
}

// watchMemory returns the peak memory of a process in bytes when it has ended; 0 if the system doesn't tell.
func watchMemory(pid int) (most int64) {
	line := regexp.MustCompile(`VmHWM:\s*([0-9]+) kB`)
	for {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		found := line.FindSubmatch(status)
		if err != nil || found == nil { // it has ended
			return most
		}
		kilobytes, _ := strconv.ParseInt(string(found[1]), 10, 64)
		most = max(most, kilobytes<<10)
		time.Sleep(2 * time.Millisecond)
	}
}

// TestMemoryBeyondTheRows renders a list, and the same list with a thousand times as much data in fields that the
// program ignores. The second must not need more memory.
func TestMemoryBeyondTheRows(t *testing.T) {
	need := func(ballast int) int64 {
		file := filepath.Join(quickDir(t), "reply.json")
		writeRows(t, file, 2000, `"region": "A", "gpu": "B", "gpu_count": 1, "status": "Running", "vm_password": "`+
			strings.Repeat("p", ballast)+`", "user": {"name": ["`+strings.Repeat("n", 19*ballast)+`"]}`)
		peak := make(chan int64, 1)
		o := job{
			args:    []string{"--input", file, "--out", filepath.Join(quickDir(t), "out")},
			started: func(p *os.Process) { go func() { peak <- watchMemory(p.Pid) }() },
		}.run(t)
		if o.code != 0 {
			t.Fatal(o.stderr)
		}
		return <-peak
	}
	small, large := need(1), need(4000) // 160 MB of ballast
	t.Logf("%d MiB, %d MiB", small>>20, large>>20)
	if large > memoryLimit || large > small+32<<20 {
		t.Errorf("needed %d MiB, without ballast %d MiB", large>>20, small>>20)
	}
}

// writeRows writes a reply with n rows that differ in their ids alone. It needs little memory itself.
func writeRows(t *testing.T, path string, n int, rest string) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	b := bufio.NewWriterSize(file, 1<<16)
	fmt.Fprintf(b, `{"total_instance": %d, "status": "success", "data": [`, n)
	for i := range n {
		fmt.Fprintf(b, `%s{"id": %d, %s}`, ","[:min(i, 1)], i, rest)
	}
	b.WriteString("]}")
	if err := b.Flush(); err != nil {
		t.Fatal(err)
	}
}
