package e2e

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// Program returns the path of the built program. It is built as people build it, so without the race detector even if
// the tests use it. It has no revision, because the program in a test binary has none, and no data for debuggers, which
// take long to link. All packages share one build in
// the project's .cache folder: the first one builds it, and finds nothing to do if the sources haven't changed.
func Program(t testing.TB) string {
	t.Helper()
	path, err := Build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Build is Program for code that runs outside a test.
func Build() (string, error) {
	if err := watchSources(); err != nil {
		return "", err
	}
	return build()
}

var build = sync.OnceValues(func() (string, error) {
	return built("gpufleet", "build", "-trimpath", ".")
})

// buildWorker builds the tests of the top folder, which can call the program: under this name they are a worker.
var buildWorker = sync.OnceValues(func() (string, error) {
	return built("gpufleet-worker", "test", "-c", "-vet=off", ".")
})

// built returns the path of what a go command builds.
func built(name, command string, args ...string) (string, error) {
	root, err := projectRoot()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(root, ".cache", "program")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	// Go may write over an earlier build in place. No other package must run that file meanwhile.
	unlock, err := lockedfile.MutexAt(filepath.Join(root, ".cache", "program.lock")).Lock()
	if err != nil {
		return "", err
	}
	defer unlock()
	path := filepath.Join(dir, name)
	build := exec.Command("go", slices.Concat([]string{command, "-race=false", "-buildvcs=false", "-ldflags=-w",
		"-o", path}, args)...)
	build.Dir = root
	if text, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go %s: %w: %s", command, err, text)
	}
	// Go stamps the file even if nothing has changed, and it doesn't cache the result of a test that ran a new file.
	return path, os.Chtimes(path, time.Time{}, time.Unix(0, 0))
}

// projectRoot returns the folder above the tests that contains go.mod.
func projectRoot() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			err = errors.New("no go.mod above the tests")
		}
		dir = filepath.Dir(dir)
	}
	return "", err
}

// watchSources looks at every source file, once in a test. Go reuses a test's result until a file that the test looked
// at changes, but it doesn't know what the build reads.
var watchSources = sync.OnceValue(func() error {
	root, err := projectRoot()
	for _, top := range []string{"main.go", "main_test.go", "go.mod", "fetch", "render", "static", "templates"} {
		err = errors.Join(err, filepath.WalkDir(filepath.Join(root, top), func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				_, err = os.Stat(path)
			}
			return err
		}))
	}
	return err
})
