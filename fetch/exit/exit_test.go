package exit

import (
	"errors"
	"fmt"
	"testing"
)

type coded int

func (c coded) Error() string { return "coded" }
func (c coded) ExitCode() int { return int(c) }

func TestCode(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want int
	}{
		"none":      {nil, 0},
		"any other": {errors.New("disk full"), 1},
		"coded":     {coded(4), 4},
		"wrapped":   {fmt.Errorf("region: %w", coded(3)), 3},
		"joined":    {errors.Join(errors.New("disk full"), coded(2)), 2},
	} {
		if got := Code(test.err); got != test.want {
			t.Errorf("%s: exit code %d, want %d", name, got, test.want)
		}
	}
	if got := Or(errors.New("disk full"), Usage); got != Usage {
		t.Errorf("exit code %d, want %d", got, Usage)
	}
}
