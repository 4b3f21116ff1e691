// Package exit has the program's exit codes. Scripts rely on them.
//
// An error that decides the exit code has a method ExitCode() int. Every other error means Failed.
package exit

import "errors"

// The exit codes. Only after Written and Check is the report new; else the output folder is as it was before.
const (
	Written    = 0
	Failed     = 1   // could not render or write
	Usage      = 2   // bad flag, setting, price file, notes or path of a saved reply, or an unfit folder
	API        = 3   // no reply, or one that is not what the API's document describes
	Incomplete = 4   // a list that can't be the whole truth: incomplete, or shrunk beyond belief
	Check      = 5   // the report is written, but a check of --fail-on failed
	Signal     = 128 // plus the number of the signal that ended the run: 130, 143
)

// Code returns the exit code of a run that ended with err, which is nil for a run that went well. Of wrapped errors
// the outermost that carries an exit code decides.
func Code(err error) int {
	if err == nil {
		return Written
	}
	return Or(err, Failed)
}

// Or returns the exit code that err carries, or other if it carries none.
func Or(err error, other int) int {
	var carries interface{ ExitCode() int }
	if errors.As(err, &carries) {
		return carries.ExitCode()
	}
	return other
}
