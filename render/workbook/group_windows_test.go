package workbook

import "os/exec"

// ownGroup leaves a command as it is: nothing is started here that starts more.
func ownGroup(*exec.Cmd) {}
