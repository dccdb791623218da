package mux

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestRing_KeepsOrderThroughWrapAndGrowth(t *testing.T) {
	t.Parallel()
	var r ring[int]
	var model []int
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 100_000 {
		// Phases of filling and emptying, so that it grows and wraps at every offset.
		if filling := i/500%2 == 0; len(model) == 0 || rng.IntN(3) > 0 == filling {
			r.push(i)
			model = append(model, i)
		} else if got, want := r.pop(), model[0]; got != want {
			t.Fatalf("step %d: popped %d, want %d", i, got, want)
		} else {
			model = model[1:]
		}
		if r.len() != len(model) {
			t.Fatalf("step %d: %d elements, want %d", i, r.len(), len(model))
		}
		if n := len(model); n > 0 {
			if at := rng.IntN(n); *r.at(at) != model[at] {
				t.Fatalf("step %d: element %d is %d, want %d", i, at, *r.at(at), model[at])
			}
		}
	}
	if got := r.drainTo([]int{-1}); !slices.Equal(got[1:], model) || got[0] != -1 || r.len() != 0 {
		t.Errorf("drained %d elements, %d left, want %d and none", len(got)-1, r.len(), len(model))
	}
}

func TestRing_GivesTheMemoryOfABurstBack(t *testing.T) {
	t.Parallel()
	var r ring[int]
	fill := func(n int) {
		for i := range n {
			r.push(i)
		}
		for r.len() > 0 {
			r.pop()
		}
	}
	fill(keepRing)
	kept := len(r.buf)
	if kept != keepRing {
		t.Errorf("%d slots kept after a modest use, want %d", kept, keepRing)
	}
	fill(keepRing + 1)
	if r.buf != nil {
		t.Errorf("%d slots kept after a burst, want none", len(r.buf))
	}
	fill(3)
	if len(r.buf) == 0 {
		t.Error("not usable after a burst")
	}
}

func TestRing_ForgetsWhatWasPopped(t *testing.T) {
	t.Parallel()
	var r ring[*int]
	for range 20 {
		r.push(new(int))
		r.push(new(int))
		r.pop()
	}
	left := 0
	for _, p := range r.buf {
		if p != nil {
			left++
		}
	}
	if left != r.len() {
		t.Errorf("%d elements are referred to, want the %d that are in it", left, r.len())
	}
}
