package e2e

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
)

// archiveRow is a row of a Parquet file: its texts by column.
type archiveRow map[string]string

// readArchive reads every Parquet file of an archive whole, by path. Other files may only be temporary ones.
func readArchive(t testing.TB, files map[string]string) map[string][]archiveRow {
	t.Helper()
	tables := map[string][]archiveRow{}
	for name, content := range files {
		if strings.HasPrefix(name, stagePrefix) {
			continue
		}
		if path.Ext(name) != ".parquet" {
			t.Errorf("%s is no table", name)
			continue
		}
		file, err := parquet.OpenFile(strings.NewReader(content), int64(len(content)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		columns := file.Schema().Columns()
		reader := parquet.NewGenericReader[any](file)
		tables[name] = []archiveRow{}
		rows := make([]parquet.Row, 100)
		for read := int64(0); read < file.NumRows(); {
			n, err := reader.ReadRows(rows)
			if n == 0 {
				t.Fatalf("%s, row %d: %v", name, read, err)
			}
			for _, values := range rows[:n] {
				row := archiveRow{}
				for _, value := range values {
					row[columns[value.Column()][0]] = value.String()
				}
				tables[name] = append(tables[name], row)
			}
			read += int64(n)
		}
		reader.Close()
	}
	return tables
}

// archiveRun is a run into out and archive below a folder, some hours after the first one.
func archiveRun(dir, list string, hours int, args ...string) job {
	return job{args: append([]string{"--input", list, "--out", filepath.Join(dir, "out"),
		"--archive", filepath.Join(dir, "archive")}, args...),
		env: []string{fmt.Sprint("SOURCE_DATE_EPOCH=", 1795435200+hours*3600)}}
}

func mustArchive(t testing.TB, j job) {
	t.Helper()
	if o := j.run(t); o.code != 0 {
		t.Fatalf("exit code %d: %s", o.code, o.stderr)
	}
}

// TestArchiveKilledAtAnyMoment kills runs with an archive at 30 random moments after they have begun to write. After
// each, every table reads whole. The same run then leaves the same archive as runs that were not killed.
func TestArchiveKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	random := newRandom(t)
	dir := quickDir(t)
	killed, calm := filepath.Join(dir, "killed"), filepath.Join(dir, "calm")
	var lists []string
	for n := range 3 {
		lists = append(lists, write(t, filepath.Join(dir, fmt.Sprint(n, ".json")), smallFleet(n)))
	}
	midway, longest := 0, 20*time.Millisecond
	for n := range 30 {
		list, hours := lists[n%3], n*7
		moment := time.Duration(random.Int64N(int64(longest)))
		if code := killWriting(t, archiveRun(killed, list, hours), filepath.Join(killed, "archive"), moment); code == 0 {
			longest -= longest / 5
		} else {
			midway++
			longest += longest / 20
		}
		readArchive(t, plainContents(t, filepath.Join(killed, "archive")))
		mustArchive(t, archiveRun(killed, list, hours))
		mustArchive(t, archiveRun(calm, list, hours))
		got, want := plainContents(t, filepath.Join(killed, "archive")), plainContents(t, filepath.Join(calm, "archive"))
		if !maps.Equal(got, want) {
			for name := range want {
				if got[name] != want[name] {
					t.Errorf("kill %d: %s differs", n, name)
				}
			}
			t.Fatalf("kill %d: %d files, want %d", n, len(got), len(want))
		}
	}
	t.Logf("%d of 30 came while the run was writing", midway)
	if midway < 5 {
		t.Errorf("only %d of 30 kills came while the run was writing: the moments are badly chosen", midway)
	}
}

// killWriting starts a run and kills it some time after it has begun to write into a folder. It returns the exit code,
// 0 if the run had already ended, else -1.
func killWriting(t testing.TB, j job, dir string, later time.Duration) int {
	t.Helper()
	c := j.command(context.Background())
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { c.Wait(); close(ended) }()
	stage := filepath.Join(dir, fmt.Sprint(stagePrefix, c.Process.Pid))
	for running := true; running; {
		select {
		case <-ended:
			running = false
		case <-time.After(200 * time.Microsecond):
			_, err := os.Lstat(stage)
			running = err != nil
		}
	}
	select {
	case <-ended:
	case <-time.After(later):
		c.Process.Kill()
		<-ended
	}
	return c.ProcessState.ExitCode()
}

// TestArchiveCannotBeWritten lets runs fail while they write the archive, or read it: both folders stay as they were.
func TestArchiveCannotBeWritten(t *testing.T) {
	t.Parallel()
	dir := quickDir(t)
	list := write(t, filepath.Join(dir, "list.json"), smallFleet(1))
	mustArchive(t, archiveRun(dir, list, 0))
	const table = "archive/instances/date=2026-11-23/instances.parquet"
	good := plainContents(t, dir)[table]
	if good == "" {
		t.Fatal("no instances")
	}
	damaged := []byte(good)
	damaged[len(damaged)/2] ^= 1
	for name, test := range map[string]struct {
		hours  int
		damage func()
		code   int
		says   string
	}{
		"a file in the way of a folder": {24, func() {
			write(t, filepath.Join(dir, "archive/unpriced/date=2026-11-24"), "mine")
		}, 1, "unpriced/date=2026-11-24"},
		"a damaged table":        {1, func() { write(t, filepath.Join(dir, table), string(damaged)) }, 4, "damaged"},
		"a clock that is behind": {-24, func() {}, 4, "clock"},
		"a folder for a table": {1, func() {
			os.Remove(filepath.Join(dir, table))
			os.Mkdir(filepath.Join(dir, table), 0o700)
		}, 1, "instances.parquet"},
	} {
		test.damage()
		before := plainContents(t, dir)
		for _, out := range []string{"out", "new"} {
			j := archiveRun(dir, list, test.hours)
			j.args[slices.Index(j.args, "--out")+1] = filepath.Join(dir, out)
			o := j.run(t)
			if o.code != test.code || !strings.Contains(o.stderr, test.says) {
				t.Errorf("%s: exit code %d: %s", name, o.code, o.stderr)
			}
			if after := plainContents(t, dir); !maps.Equal(before, after) {
				t.Errorf("%s: the files have changed", name)
			}
			if _, err := os.Stat(filepath.Join(dir, "new")); err == nil {
				t.Errorf("%s: a folder was made", name)
			}
		}
		os.RemoveAll(filepath.Join(dir, "archive/unpriced/date=2026-11-24"))
		os.RemoveAll(filepath.Join(dir, table))
		write(t, filepath.Join(dir, table), good)
	}
}

// TestArchiveOnFullDisk lets the system refuse files above some sizes, as a full disk does: both folders stay as they
// were.
func TestArchiveOnFullDisk(t *testing.T) {
	t.Parallel()
	sh := Need(t, "sh", "a full disk")
	dir := quickDir(t)
	list := write(t, filepath.Join(dir, "list.json"), smallFleet(1))
	mustArchive(t, archiveRun(dir, list, 0))
	before := plainContents(t, dir)
	for _, blocks := range []string{"0", "1", "4", "16"} {
		c := archiveRun(dir, list, 24).command(t.Context())
		c.Path, c.Args = sh, append([]string{sh, "-c", `ulimit -f "$0"; exec "$@"`, blocks}, c.Args...)
		text, err := c.CombinedOutput()
		if c.ProcessState.ExitCode() != 1 || !strings.HasPrefix(string(text), "gpufleet: ") {
			t.Errorf("%s blocks: %v: %s", blocks, err, text)
		}
		if after := plainContents(t, dir); !maps.Equal(before, after) {
			t.Errorf("%s blocks: the files have changed", blocks)
		}
	}
}

// TestArchivePermissions checks that an archive is for its owner alone, and that a shared one stays shared.
func TestArchivePermissions(t *testing.T) {
	t.Parallel()
	dir := quickDir(t)
	list := write(t, filepath.Join(dir, "list.json"), smallFleet(1))
	archive := filepath.Join(dir, "archive")
	mustArchive(t, archiveRun(dir, list, 0))
	wantModes(t, archive, 0o700, 0o600, "")
	if err := os.Chmod(archive, 0o750); err != nil {
		t.Fatal(err)
	}
	mustArchive(t, archiveRun(dir, list, 24))
	wantModes(t, archive, 0o750, 0o640, "date=2026-11-24")
}

// wantModes checks the permissions of the folders and files in a folder whose paths contain a text.
func wantModes(t testing.TB, dir string, folders, files os.FileMode, containing string) {
	t.Helper()
	seen := 0
	filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !strings.Contains(path, containing) {
			return err
		}
		info, err := d.Info()
		want := files
		if d.IsDir() {
			want = folders
		} else {
			seen++
		}
		if err == nil && info.Mode().Perm() != want {
			t.Errorf("%s has %v, want %v", path, info.Mode(), want)
		}
		return err
	})
	if seen < 4 {
		t.Errorf("only %d files", seen)
	}
}

// TestArchiveOverlaps gives folders that contain each other, which is a usage error that creates nothing.
func TestArchiveOverlaps(t *testing.T) {
	t.Parallel()
	dir := quickDir(t)
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := os.Symlink(at("real"), at("link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(at("real"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"--out", at("a"), "--archive", at("a")},
		{"--out", at("a"), "--archive", at("a/b/c")},
		{"--out", at("a/b"), "--archive", at("a")},
		{"--out", at("real/x"), "--archive", at("link")},
		{"--out", at("a"), "--private-out", at("p"), "--archive", at("p")},
		{"--out", at("a"), "--private-out", at("p"), "--archive", at("p/b")},
		{"--out", at("a"), "--private-out", at("p/b"), "--archive", at("p")},
	} {
		o := job{args: append([]string{"--demo"}, args...)}.run(t)
		if o.code != 2 || !strings.Contains(o.stderr, "--archive") || !strings.Contains(o.stderr, "overlap") {
			t.Errorf("%q: exit code %d: %s", args, o.code, o.stderr)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("the runs made %v: %v", entries, err)
	}
}

// TestArchiveLeaks looks for passwords, personal data and addresses in every byte and every value of an archive.
func TestArchiveLeaks(t *testing.T) {
	t.Parallel()
	const password, user, address = "hunter2-canary", "jane-canary", "203.0.113.77"
	row := fmt.Sprintf(`{"id": 1, "region": "A", "gpu": "B", "gpu_count": 1, "price_per_hour": 1, "status": "Running", `+
		`"host_name": "web-%s", "vm_password": %q, "user_name": %q, "public_ipv4": %q, "os": "on %s"}`,
		password, password, user, address, address)
	for _, audience := range []string{"public", "internal"} {
		dir := quickDir(t)
		list := write(t, filepath.Join(dir, "list.json"), reply(row))
		for hours := range 3 {
			mustArchive(t, archiveRun(dir, list, hours*20, "--audience", audience))
		}
		found := map[string]bool{}
		files := plainContents(t, filepath.Join(dir, "archive"))
		all := map[string]string{}
		maps.Copy(all, files)
		for name, rows := range readArchive(t, files) {
			for i, row := range rows {
				for column, value := range row {
					all[fmt.Sprint(name, " ", i, " ", column)] = value
				}
			}
		}
		for where, text := range all {
			for _, secret := range []string{password, user, address} {
				if !strings.Contains(text, secret) {
					continue
				}
				if found[secret] = true; secret != address || audience != "internal" {
					t.Errorf("%s: %s has %s", audience, where, secret)
				}
			}
		}
		if audience == "internal" && !found[address] {
			t.Error("an internal archive has no address, so nothing was looked at")
		}
	}
}
