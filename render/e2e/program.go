package e2e

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
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
	root, err := projectRoot()
	if err != nil {
		return "", err
	}
	// Each time: Go doesn't see what is looked at before the first test.
	if err := watchSources(root); err != nil {
		return "", err
	}
	return build()
}

var build = sync.OnceValues(func() (string, error) {
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
	path := filepath.Join(dir, "gpufleet")
	build := exec.Command("go", "build", "-race=false", "-buildvcs=false", "-trimpath", "-ldflags=-w",
		"-o", path, ".")
	build.Dir = root
	if text, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w: %s", err, text)
	}
	// Go stamps the file even if nothing has changed, and it doesn't cache the result of a test that ran a new file.
	return path, os.Chtimes(path, time.Time{}, time.Unix(0, 0))
})

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

// watchSources looks at every source file. Go reuses a test's result until a file that the test looked at changes, but
// it doesn't know what the build reads.
func watchSources(root string) error {
	for _, top := range []string{"main.go", "go.mod", "fetch", "render", "static", "templates"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				_, err = os.Stat(path)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
