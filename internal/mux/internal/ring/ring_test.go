package ring

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestRing_KeepsOrderThroughWrapAndGrowth(t *testing.T) {
	t.Parallel()
	var r Ring[int]
	var model []int
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 100_000 {
		// Phases of filling and emptying make the ring grow and wrap at every offset.
		if filling := i/500%2 == 0; len(model) == 0 || rng.IntN(3) > 0 == filling {
			r.Push(i)
			model = append(model, i)
		} else if got, want := r.Pop(), model[0]; got != want {
			t.Fatalf("step %d: popped %d, want %d", i, got, want)
		} else {
			model = model[1:]
		}
		if r.Len() != len(model) {
			t.Fatalf("step %d: %d elements, want %d", i, r.Len(), len(model))
		}
		if n := len(model); n > 0 {
			if at := rng.IntN(n); *r.At(at) != model[at] {
				t.Fatalf("step %d: element %d is %d, want %d", i, at, *r.At(at), model[at])
			}
		}
	}
	if got := r.DrainTo([]int{-1}); !slices.Equal(got[1:], model) || got[0] != -1 || r.Len() != 0 {
		t.Errorf("drained %d elements, %d left, want %d and none", len(got)-1, r.Len(), len(model))
	}
}

func TestRing_GivesTheMemoryOfABurstBack(t *testing.T) {
	t.Parallel()
	var r Ring[int]
	fill := func(n int) {
		for i := range n {
			r.Push(i)
		}
		for r.Len() > 0 {
			r.Pop()
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
	var r Ring[*int]
	for range 20 {
		r.Push(new(int))
		r.Push(new(int))
		r.Pop()
	}
	left := 0
	for _, p := range r.buf {
		if p != nil {
			left++
		}
	}
	if left != r.Len() {
		t.Errorf("%d elements are referred to, want the %d that are in it", left, r.Len())
	}
}
