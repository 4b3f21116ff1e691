package history

import (
	"errors"
	"slices"
	"strings"
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

// TestLimitRows checks that a snapshot with far more rows than the list is a loss, and goes if that is accepted.
func TestLimitRows(t *testing.T) {
	t.Parallel()
	for _, accept := range []bool{false, true} {
		h := History{AcceptLoss: accept}
		for day, count := range []int{100_040, 0, 100_041, 4_000_000, 100_040} {
			h.Snapshots = append(h.Snapshots, &Snapshot{Taken: now.AddDate(0, 0, day), Count: count})
		}
		err := h.LimitRows(10)
		var loss LossError
		if accept != (err == nil) || !accept && (!errors.As(err, &loss) || len(loss) != 2) {
			t.Errorf("accepted %v: %v", accept, err)
		}
		if accept && (len(h.Snapshots) != 3 || len(h.Warnings) != 2 ||
			!strings.Contains(h.Warnings[0], "2026-11-24.json.gz")) {
			t.Errorf("%d snapshots, warnings %q", len(h.Snapshots), h.Warnings)
		}
	}
}
