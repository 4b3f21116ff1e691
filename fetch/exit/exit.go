// Package exit defines the program's exit codes, which scripts rely on.
//
// An error sets the exit code with a method ExitCode() int. Every other error means Failed.
package exit

import "errors"

// The exit codes. Only Written and Check mean that there is a new report. Otherwise the output folder is unchanged.
const (
	Written    = 0
	Failed     = 1   // could not render or write
	Usage      = 2   // bad flag, setting, price file, notes, saved reply path or folder
	API        = 3   // no reply, or one that is not as the API documents it
	Incomplete = 4   // the list is probably incomplete, the clock is wrong, or the run would lose some of the history
	Check      = 5   // the report is written, but a check named by --fail-on failed
	Signal     = 128 // plus the number of the signal that ended the run: 129, 130, 143
)

// Code returns the exit code of a run that ended with err, or with nil if it succeeded. The outermost wrapped error
// that has an exit code decides.
func Code(err error) int {
	if err == nil {
		return Written
	}
	return Or(err, Failed)
}

// Or returns the exit code of err, or other if it has none.
func Or(err error, other int) int {
	var coded interface{ ExitCode() int }
	if errors.As(err, &coded) {
		return coded.ExitCode()
	}
	return other
}
