// Package e2e holds what tests share: hostile texts, and programs that may not be installed. It is for tests alone.
package e2e

import (
	"os"
	"os/exec"
	"testing"
)

// Need returns the path of a command. Without it the test, which checks what checks says, is left out.
func Need(t testing.TB, command, checks string) string {
	t.Helper()
	path, err := exec.LookPath(command)
	if err != nil {
		LeaveOut(t, checks, command)
	}
	return path
}

// LeaveOut skips a test for want of what .ci/setup installs, or says loudly that it can't. Under CI that is a failure: there nothing is
// left out.
func LeaveOut(t testing.TB, checks, missing string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing, and without it nothing checks %s: run make test, which installs it", missing, checks)
	}
	t.Skipf("LEFT OUT: %s, for want of %s: run make test, which installs it", checks, missing)
}
