// Package e2e tests the whole program. It is for tests only. Tests of other packages use its built program, its
// commands for scripts, its hostile texts, and its way to skip tests whose tools aren't installed.
package e2e

import (
	"os"
	"os/exec"
	"testing"
)

// Need returns the path of a command. If it isn't installed, the test is skipped. checks says what the test checks.
func Need(t testing.TB, command, checks string) string {
	t.Helper()
	path, err := exec.LookPath(command)
	if err != nil {
		Skip(t, checks, command)
	}
	return path
}

// Skip skips a test because something is missing that .ci/setup installs. Under CI the test fails instead.
func Skip(t testing.TB, checks, missing string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing, so %s can't be checked; make test installs it", missing, checks)
	}
	t.Skipf("SKIPPED: %s, because %s is missing; make test installs it", checks, missing)
}
