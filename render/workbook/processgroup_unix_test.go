//go:build unix

package workbook

import (
	"os/exec"
	"syscall"
)

// ownGroup makes the cancellation of a command end all processes that it started: soffice is a script that starts the
// program itself.
func ownGroup(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
}
