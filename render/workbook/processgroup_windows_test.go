package workbook

import "os/exec"

// ownGroup does nothing: no command here starts further processes.
func ownGroup(*exec.Cmd) {}
