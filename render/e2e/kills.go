package e2e

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// smallFleet returns a small list. Its regions and models depend on the number, so a run has files to write, change
// and remove.
func smallFleet(number int) string {
	var rows []string
	for i := range 4 {
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

// KilledAtAnyMoment kills real runs at 500 random moments after they have begun to write: before, a run only reads.
// With -short it kills 60.
// After each, every file is whole, either the old one or the new one, no foreign file has changed, and index.html has
// no broken link. After the next run the folder has only the files of that run and foreign ones, and the manifest is
// exact. The next run is a call of run, which takes arguments and returns the exit code: it needs half of the time that
// a process takes.
func KilledAtAnyMoment(t *testing.T, run func(args ...string) int) {
	kills, at := 500, 4 // at: runs at the same time
	if testing.Short() {
		kills = 60
	}
	random := newRandom(t)
	k := killing{run: run, dir: quickDir(t)}
	for n := range 3 {
		k.files = append(k.files, write(t, filepath.Join(k.dir, fmt.Sprint(n, ".json")), smallFleet(n)))
	}
	t.Run("kills", func(t *testing.T) {
		for worker := range at {
			moments := rand.New(rand.NewPCG(random.Uint64(), 1))
			t.Run(fmt.Sprint(worker), func(t *testing.T) {
				t.Parallel()
				k.chain(t, moments, kills/at, fmt.Sprint("out", worker))
			})
		}
	})
	late, midway := k.late.Load(), k.midway.Load()
	t.Logf("%d came after the end of the run, %d left something behind", late, midway)
	if late+midway != int64(kills) && !t.Failed() {
		t.Errorf("%d kills, want %d", late+midway, kills)
	}
	if midway < int64(kills)/50 {
		t.Errorf("only %d of %d kills came while the run was writing: the moments are badly chosen", midway, kills)
	}
}

// killing is what the workers of KilledAtAnyMoment share.
type killing struct {
	run          func(args ...string) int
	dir          string
	files        []string // lists
	late, midway atomic.Int64
}

func (k *killing) args(list int, out string) []string {
	return []string{"--input", k.files[list], "--out", filepath.Join(k.dir, out)}
}

func (k *killing) mustRun(t *testing.T, list int, out string) {
	t.Helper()
	if code := k.run(k.args(list, out)...); code != 0 {
		t.Fatalf("exit code %d", code)
	}
}

// chain kills runs into one folder, one after the other. It follows how long runs write, which changes on a busy
// machine.
func (k *killing) chain(t *testing.T, moments *rand.Rand, kills int, out string) {
	dir, longest := filepath.Join(k.dir, out), 20*time.Millisecond
	k.mustRun(t, 0, out)
	addForeign(t, dir)
	before := plainContents(t, dir)
	for kill := 0; kill < kills && !t.Failed(); kill++ {
		list := (kill + 1) % len(k.files)
		code := k.kill(t, list, out, time.Duration(moments.Int64N(int64(longest))))
		what := fmt.Sprintf("kill %d of %s", kill, out)
		killed := plainContents(t, dir)
		after := killed
		if code == 0 {
			k.late.Add(1)
			longest -= longest / 5
		} else {
			k.midway.Add(1)
			longest += longest / 20
			k.mustRun(t, list, out)
			after = plainContents(t, dir)
		}
		wantWhole(t, what, before, killed, after)
		wantManifest(t, what, after)
		if n := leftovers(after); n > 0 {
			t.Fatalf("%s: %d leftovers after the next run", what, n)
		}
		before = after
	}
}

// kill starts a run and kills it some time after it has begun to write. It returns the run's exit code, 0 if the run
// had already ended, else -1.
func (k *killing) kill(t *testing.T, list int, out string, later time.Duration) int {
	t.Helper()
	// It uses one processor, because several such runs share the machine.
	c := job{args: k.args(list, out), env: []string{"GOMAXPROCS=1"}}.command(context.Background())
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { c.Wait(); close(ended) }()
	stage := filepath.Join(k.dir, out, fmt.Sprint(stagePrefix, c.Process.Pid))
	for running := true; running; {
		select {
		case <-ended:
			running = false
		case <-time.After(time.Millisecond):
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
			address, _, _ = strings.Cut(address, "?") // the filter of a list
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
