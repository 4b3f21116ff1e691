package parallel

import (
	"bytes"
	"errors"
	"testing"
)

func TestGo(t *testing.T) {
	started, proceed := make(chan bool), make(chan bool)
	wait := Go(func() int { started <- true; <-proceed; return 7 })
	<-started // before anyone waits
	proceed <- true
	if got := wait(); got != 7 {
		t.Errorf("the result is %d, want 7", got)
	}
}

func explode() int { panic("boom") }

// TestPanic checks that the waiting caller gets the cause and stack of a panic.
func TestPanic(t *testing.T) {
	for name, work := range map[string]func(){
		"go":           func() { Go(explode)() },
		"work of work": func() { Go(func() int { return Go(explode)() })() },
		"each":         func() { Each(10, func(i int) { explode() }) },
	} {
		p := Catch(work)
		if p == nil || p.Cause != "boom" || !bytes.Contains(p.Stack, []byte("explode")) {
			t.Errorf("%s: the caller did not panic with the cause and stack of the work: %v", name, p)
		}
	}
	if p := Catch(func() {}); p != nil {
		t.Errorf("without a panic, Catch returns %v", p)
	}
}

// TestPanicText checks that the text of a panic contains no value that may come from a reply.
func TestPanicText(t *testing.T) {
	for want, cause := range map[string]any{
		"string": "SECRET", "*errors.errorString": errors.New("SECRET"), "struct { s string }": struct{ s string }{"SECRET"},
		"runtime error: index out of range [3] with length 0": Catch(func() { _ = []int{}[len("abc")] }).Cause,
	} {
		if got := (&Panic{Cause: cause}).Text(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestEach(t *testing.T) {
	for _, count := range []int{0, 1, 1000} {
		calls := make([]int, count)
		Each(count, func(i int) { calls[i]++ })
		for i, n := range calls {
			if n != 1 {
				t.Fatalf("of %d, number %d was called %d times", count, i, n)
			}
		}
	}
}
