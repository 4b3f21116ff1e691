package history

import (
	"errors"
	"slices"
	"testing"

	"gpufleet/fetch/exit"
)

// TestLoss checks that losses end a run with one error that names them all, unless they are accepted.
func TestLoss(t *testing.T) {
	t.Parallel()
	one := Loss{"data/history.json does not match manifest.json", "restore it", "this file"}
	two := Loss{"the currency differs", "use --currency EUR", "all of the history"}
	var h History
	if err := h.Loss(); err != nil {
		t.Error(err)
	}
	h.Lose(one)
	h.Lose(two)
	h.Lose(one)
	const want = "data/history.json does not match manifest.json; restore it, " +
		"or let go of this file with --accept-loss\n" +
		"gpufleet: the currency differs; use --currency EUR, or let go of all of the history with --accept-loss"
	var loss LossError
	if err := h.Loss(); !errors.As(err, &loss) || err.Error() != want || exit.Code(err) != 4 || len(h.Warnings) > 0 {
		t.Errorf("%v, warnings %q", err, h.Warnings)
	}
	h = History{AcceptLoss: true}
	h.Lose(one)
	warnings := []string{"data/history.json does not match manifest.json; letting go of this file"}
	if err := h.Loss(); err != nil || !slices.Equal(h.Warnings, warnings) {
		t.Errorf("%v, warnings %q", err, h.Warnings)
	}
}
