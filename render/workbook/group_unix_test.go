//go:build unix

package workbook

import (
	"os/exec"
	"syscall"
)

// ownGroup has a command that is ended end with all that it started: soffice is a script that starts the program
// proper.
func ownGroup(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
}
