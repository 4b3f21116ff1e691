package e2e

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// smallFleet returns a small list. Its regions and models depend on the number, so a run has files to write, change
// and remove.
func smallFleet(number int) string {
	var rows []string
	for i := range 6 {
		rows = append(rows, fmt.Sprintf(`{"id": "%d", "region": "R%d", "gpu": "G%d", "gpu_count": %d, `+
			`"price_per_hour": 1.5, "host_name": "node-%d-%d", "status": "Running"}`,
			i+number%3, (i+number)%4, (i*number)%3, 1+i%8, number, i))
	}
	return reply(rows...)
}

// foreign are files in the folder that the program didn't write.
var foreign = map[string]string{
	"CNAME":                 "example.org",
	".git/config":           "[core]",
	"README.md":             "mine",
	"regions/mine.txt":      "mine",
	"regions/r9/index.html": "mine",
	"link":                  "-> CNAME",
	"regions/out":           "-> ../..",
}

func addForeign(t testing.TB, out string) {
	t.Helper()
	for name, text := range foreign {
		if to, isLink := strings.CutPrefix(text, "-> "); isLink {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(out, name)), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(to, filepath.Join(out, name)); err != nil {
				t.Fatal(err)
			}
			continue
		}
		write(t, filepath.Join(out, name), text)
	}
}

// TestKilledAtAnyMoment kills real runs at 500 random moments, after the first third, in which a run only reads. After
// each, every file is whole, either the old one or the new one, no foreign file has changed, and index.html has no
// broken link. After the next run the folder has only the files of that run and foreign ones, and the manifest is
// exact.
func TestKilledAtAnyMoment(t *testing.T) {
	const kills, at = 500, 4 // at: runs at the same time
	random := newRandom(t)
	dir := quickDir(t)
	var files []string
	var times []time.Duration
	for n := range 3 {
		files = append(files, write(t, filepath.Join(dir, fmt.Sprint(n, ".json")), smallFleet(n)))
		for range 3 {
			times = append(times, job{args: []string{
				"--input", files[n], "--out", filepath.Join(dir, fmt.Sprint("try", n)),
			}}.run(t).took)
		}
	}
	slices.Sort(times)
	longest := times[len(times)/2] * 5 / 4
	var early, late, midway atomic.Int64
	chain := func(moments *rand.Rand, worker int) func(t *testing.T) {
		return func(t *testing.T) {
			t.Parallel()
			out := filepath.Join(dir, fmt.Sprint("out", worker))
			mustRender(t, out, files[0])
			addForeign(t, out)
			before := plainContents(t, out)
			for kill := 0; kill < kills/at && !t.Failed(); kill++ {
				list := (kill + 1) % len(files)
				c := job{args: []string{"--input", files[list], "--out", out}}.command(context.Background())
				if err := c.Start(); err != nil {
					t.Fatal(err)
				}
				time.Sleep(longest/3 + time.Duration(moments.Int64N(int64(longest*2/3))))
				c.Process.Kill()
				c.Wait()
				what := fmt.Sprintf("kill %d of worker %d", kill, worker)
				killed := plainContents(t, out)
				after := killed
				switch {
				case c.ProcessState.ExitCode() == 0:
					late.Add(1)
				case maps.Equal(killed, before):
					early.Add(1)
				default:
					midway.Add(1)
					mustRender(t, out, files[list])
					after = plainContents(t, out)
				}
				wantWhole(t, what, before, killed, after)
				wantManifest(t, what, after)
				if n := leftovers(after); n > 0 {
					t.Fatalf("%s: %d leftovers after the next run", what, n)
				}
				before = after
			}
		}
	}
	t.Run("kills", func(t *testing.T) {
		for worker := range at {
			t.Run(fmt.Sprint(worker), chain(rand.New(rand.NewPCG(random.Uint64(), 1)), worker))
		}
	})
	t.Logf("kills up to %v; %d came before the run had done anything, %d after its end, %d left something behind",
		longest, early.Load(), late.Load(), midway.Load())
	if midway.Load() < kills/50 {
		t.Errorf("only %d of %d kills came while the run was writing: the moments are badly chosen", midway.Load(), kills)
	}
}

// newRandom returns a source of random numbers. A failed test prints how to repeat them.
func newRandom(t testing.TB) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("PROOF_SEED"); text != "" {
		fmt.Sscan(text, &seed)
	}
	t.Logf("PROOF_SEED=%d repeats these moments", seed)
	return rand.New(rand.NewPCG(seed, 1))
}

func mustRender(t testing.TB, out, file string) {
	t.Helper()
	if o := (job{args: []string{"--input", file, "--out", out}}).run(t); o.code != 0 {
		t.Fatalf("exit code %d: %s", o.code, o.stderr)
	}
}

const stagePrefix = ".gpufleet-"

func leftovers(files map[string]string) (n int) {
	for name := range files {
		if strings.HasPrefix(name, stagePrefix) {
			n++
		}
	}
	return n
}

// wantWhole checks the folder that a killed run left. before is the folder before the run, after is the folder after
// the next run with the same list. A file is whole if it is the old one or if the manifest lists it: the manifest has
// the hashes of all files, old and new, before the first file is moved.
func wantWhole(t *testing.T, what string, before, killed, after map[string]string) {
	t.Helper()
	for name, text := range foreign {
		if killed[name] != text || after[name] != text {
			t.Fatalf("%s: the foreign file %s is %q, later %q", what, name, killed[name], after[name])
		}
	}
	listed := map[listedFile]bool{}
	for _, file := range manifestOf(t, what, killed) {
		listed[file] = true
	}
	for name, text := range killed {
		_, mine := foreign[name]
		if mine || strings.HasPrefix(name, stagePrefix) || name == "manifest.json" || text == before[name] {
			continue
		}
		if !listed[fileOf(name, text)] {
			t.Fatalf("%s: %s is neither the old nor the new one: %.200q", what, name, text)
		}
	}
	for name := range before {
		_, stays := after[name]
		if _, there := killed[name]; stays && !there {
			t.Fatalf("%s: %s is missing", what, name)
		}
	}
	for _, link := range linksOf(t, killed["index.html"]) {
		if _, there := killed[link]; !there {
			t.Fatalf("%s: index.html links to %s, which doesn't exist", what, link)
		}
	}
}

// listedFile is an entry of a manifest.
type listedFile struct {
	Path   string
	Size   int
	SHA256 string
}

func fileOf(name, text string) listedFile {
	sum := sha256.Sum256([]byte(text))
	return listedFile{name, len(text), hex.EncodeToString(sum[:])}
}

func manifestOf(t testing.TB, what string, files map[string]string) []listedFile {
	t.Helper()
	var manifest struct{ Files []listedFile }
	if err := json.Unmarshal([]byte(files["manifest.json"]), &manifest); err != nil {
		t.Fatalf("%s: the manifest is broken: %v", what, err)
	}
	return manifest.Files
}

// linksOf returns the files that a page at the top of the folder links to.
func linksOf(t testing.TB, page string) (links []string) {
	t.Helper()
	tree, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range tree.Descendants() {
		for _, a := range n.Attr {
			address, _, _ := strings.Cut(a.Val, "#")
			isLink := a.Key == "href" || a.Key == "src"
			if isLink && address != "" && !strings.Contains(address, ":") {
				links = append(links, path.Clean(address))
			}
		}
	}
	return links
}

// wantManifest checks that the manifest lists every file except foreign ones, and no other, with size and hash.
func wantManifest(t *testing.T, what string, files map[string]string) {
	t.Helper()
	listed := []string{"manifest.json"}
	for _, file := range manifestOf(t, what, files) {
		if file != fileOf(file.Path, files[file.Path]) {
			t.Fatalf("%s: the manifest is wrong about %s", what, file.Path)
		}
		listed = append(listed, file.Path)
	}
	there := slices.Sorted(maps.Keys(files))
	there = slices.DeleteFunc(there, func(name string) bool { _, mine := foreign[name]; return mine })
	slices.Sort(listed)
	if !slices.Equal(listed, there) {
		t.Fatalf("%s: the manifest lists\n%v\nthe folder has\n%v", what, listed, there)
	}
}

// TestSignalledAtAnyMoment sends SIGINT, SIGTERM and SIGHUP at random moments. The run must end within 2 seconds, its
// exit code must say whether the folder is the old one or the new one, and it must leave nothing else behind, not even in
// the folder for temporary files.
func TestSignalledAtAnyMoment(t *testing.T) {
	random := newRandom(t)
	dir := quickDir(t)
	tmp := filepath.Join(dir, "tmp")
	if err := os.Mkdir(tmp, 0o755); err != nil {
		t.Fatal(err)
	}
	files := []string{
		write(t, filepath.Join(dir, "0.json"), smallFleet(0)),
		write(t, filepath.Join(dir, "1.json"), smallFleet(1)),
	}
	out := filepath.Join(dir, "out")
	mustRender(t, out, files[0])
	addForeign(t, out)
	longest := (job{args: []string{"--input", files[0], "--out", filepath.Join(dir, "try")}}).run(t).took
	before := plainContents(t, out)
	codes := map[int]int{}
	for n := range 40 {
		signal := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}[n%3]
		c := job{
			args: []string{"--input", files[(n+1)%2], "--out", out},
			env:  []string{"TMPDIR=" + tmp},
		}.command(context.Background())
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		// A signal that comes before the program handles signals kills it like any other program.
		time.Sleep(time.Duration(random.Int64N(int64(longest))))
		start := time.Now()
		c.Process.Signal(signal)
		err := c.Wait()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%v: the run went on for %v", signal, took)
		}
		after := plainContents(t, out)
		code := c.ProcessState.ExitCode()
		codes[code]++
		switch code {
		case 0:
			wantManifest(t, "a run that was signalled late", after)
		case 128 + int(signal), -1:
			if !maps.Equal(before, after) {
				t.Errorf("%v: exit code %d, but the folder has changed", signal, code)
			}
		default:
			t.Errorf("%v: exit code %d", signal, code)
		}
		for _, place := range []string{out, tmp} {
			filepath.WalkDir(place, func(path string, d fs.DirEntry, err error) error {
				if strings.HasPrefix(d.Name(), stagePrefix) || place == tmp && path != tmp {
					t.Errorf("%v: %s is left behind", signal, path)
				}
				return err
			})
		}
		before = after
	}
	t.Logf("exit codes: %v", codes)
	if codes[129]+codes[130]+codes[143] == 0 {
		t.Errorf("the moments are badly chosen: exit codes %v", codes)
	}
}

// TestEightRunsAtOnce starts eight runs into one folder. At least one must succeed. The others must report that
// another run is in progress and exit with 1. The folder must be that of one run.
func TestEightRunsAtOnce(t *testing.T) {
	dir := quickDir(t)
	for round := range 3 {
		out := filepath.Join(dir, fmt.Sprint("out", round))
		if round > 0 {
			mustRender(t, out, write(t, filepath.Join(dir, "old.json"), smallFleet(7)))
		}
		outcomes := make(chan outcome, 8)
		begin := make(chan bool)
		for n := range 8 {
			file := write(t, filepath.Join(dir, fmt.Sprint(n, ".json")), smallFleet(n))
			go func() {
				<-begin
				outcomes <- job{args: []string{"--input", file, "--out", out}}.run(t)
			}()
		}
		close(begin)
		won := 0
		for range 8 {
			switch o := <-outcomes; {
			case o.code == 0:
				won++
			case o.code != 1 || !strings.Contains(o.stderr, "another run") || !strings.Contains(o.stderr, out):
				t.Errorf("exit code %d: %s", o.code, o.stderr)
			}
		}
		t.Logf("%d of 8 won", won)
		if won == 0 {
			t.Error("no run won")
		}
		files := plainContents(t, out)
		wantManifest(t, "eight runs", files)
		if n := leftovers(files); n > 0 {
			t.Errorf("%d leftovers", n)
		}
	}
}
