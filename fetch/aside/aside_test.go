package aside

import (
	"bytes"
	"testing"
)

func TestRun(t *testing.T) {
	begun, goOn := make(chan bool), make(chan bool)
	wait := Run(func() int { begun <- true; <-goOn; return 7 })
	<-begun // before anyone waits
	goOn <- true
	if got := wait(); got != 7 {
		t.Errorf("the work came to %d, want 7", got)
	}
}

func explode() int { panic("boom") }

// TestPanic: without a report of where the work was, nobody could mend it.
func TestPanic(t *testing.T) {
	wait := Run(explode)
	defer func() {
		p, ok := recover().(*Panic)
		if !ok || p.Cause != "boom" || !bytes.Contains(p.Stack, []byte("explode")) {
			t.Errorf("the waiter did not panic with the work's cause and stack: %v", p)
		}
	}()
	wait()
	t.Error("the waiter went on")
}

func TestEach(t *testing.T) {
	for _, count := range []int{0, 1, 1000} {
		calls := make([]int, count)
		Each(count, func(i int) { calls[i]++ })
		for i, n := range calls {
			if n != 1 {
				t.Fatalf("of %d, number %d was called for %d times", count, i, n)
			}
		}
	}
}
