package history

import (
	"slices"
	"strings"

	"gpufleet/fetch/exit"
)

// Loss says what a run would lose of the history that it found, and why. No text contains a value from the files.
type Loss struct {
	What string // what is wrong: "data/history.json does not match manifest.json"
	Cure string // what to do: "restore the file"
	Goes string // what --accept-loss lets go: "this file"
}

// String returns the message without the way out.
func (l Loss) String() string { return l.What + "; " + l.Cure }

// LossError ends a run that would lose some of the history. It names everything that would go.
type LossError []Loss

func (e LossError) Error() string {
	var lines []string
	for _, loss := range e {
		lines = append(lines, loss.String()+", or let go of "+loss.Goes+" with --accept-loss")
	}
	return strings.Join(lines, "\ngpufleet: ")
}

// ExitCode returns the exit code of a run that ends with this error.
func (e LossError) ExitCode() int { return exit.Incomplete }

// Lose records a loss. If losses are accepted, it becomes a warning, and the caller lets go of what the loss names.
// Otherwise the run ends with the error of Loss. A loss that is recorded twice counts once.
func (h *History) Lose(loss Loss) {
	if slices.Contains(h.losses, loss) {
		return
	}
	h.losses = append(h.losses, loss)
	if h.AcceptLoss {
		h.Warnings = append(h.Warnings, loss.What+"; letting go of "+loss.Goes)
	}
}

// Loss returns a LossError if the run would lose some of the history and may not, else nil.
func (h *History) Loss() error {
	if h.AcceptLoss || len(h.losses) == 0 {
		return nil
	}
	return LossError(h.losses)
}

// LimitRows checks the snapshots against a list of count instances. One may have four times as many rows plus 100,000:
// a larger one would take more time and memory than the list itself. It is a loss, and the error is that of Loss.
func (h *History) LimitRows(count int) error {
	h.Snapshots = slices.DeleteFunc(h.Snapshots, func(s *Snapshot) bool {
		tooMany := s.Count > 4*count+100_000
		if tooMany {
			h.Lose(Loss{
				What: s.Path() + " of the previous report has more than four times the rows of the new list plus 100,000",
				Cure: "check that the list is complete", Goes: "this snapshot",
			})
		}
		return tooMany
	})
	return h.Loss()
}
