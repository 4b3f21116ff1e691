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

	"github.com/rogpeppe/go-internal/lockedfile"
)

// Program returns the path of the program, built the way people build it: without the race detector, whatever the tests use.
// It has no revision, as the program inside a test binary has none. All packages share one build in the project's .cache
// folder. The first one to ask waits for it, and for the others there is nothing left to build.
func Program(t testing.TB) string {
	t.Helper()
	path, err := Build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Build is Program for what runs outside a test.
func Build() (string, error) { return build() }

var build = sync.OnceValues(func() (string, error) {
	root, err := projectRoot()
	if err != nil {
		return "", err
	}
	if err := watchSources(root); err != nil {
		return "", err
	}
	dir := filepath.Join(root, ".cache", "program")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	// Go replaces the file of an earlier build in place, which no other package may see half-way.
	unlock, err := lockedfile.MutexAt(filepath.Join(root, ".cache", "program.lock")).Lock()
	if err != nil {
		return "", err
	}
	defer unlock()
	path := filepath.Join(dir, "gpufleet")
	build := exec.Command("go", "build", "-race=false", "-buildvcs=false", "-trimpath", "-o", path, ".")
	build.Dir = root
	if text, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w: %s", err, text)
	}
	return path, nil
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

// watchSources looks at every source file. Go reuses a test's result until a file that the test looked at changes, and it
// does not see what the build reads.
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
