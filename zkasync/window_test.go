package zkasync

import (
	"errors"
	"slices"
	"testing"
)

// fakeWork is the work of a window. Its requests end when the test says so.
type fakeWork struct {
	pending   []int // submitted, not ended, oldest first
	submitted []int
	most      int
	done      int
	err       error
}

func newFakeWork() (*fakeWork, *window) {
	f := new(fakeWork)
	w := &window{
		each: func(i int) {
			f.pending = append(f.pending, i)
			f.submitted = append(f.submitted, i)
			f.most = max(f.most, len(f.pending))
		},
		done: func(err error) { f.done++; f.err = err },
	}
	return f, w
}

func (f *fakeWork) end() { f.pending = f.pending[1:] }

func TestWindow_BoundsWhatIsPending(t *testing.T) {
	t.Parallel()
	const total = 3 * deleteWindow
	f, w := newFakeWork()
	w.more(total / 3)
	for grown := 0; len(f.pending) > 0; grown++ {
		f.end()
		if grown < total/3 {
			w.finish(2) // two more are submitted then
		} else {
			w.finish(0)
		}
	}
	if len(f.submitted) != total || !slices.IsSorted(f.submitted) {
		t.Errorf("%d submitted, in order: %t; want %d", len(f.submitted), slices.IsSorted(f.submitted), total)
	}
	if f.most > deleteWindow {
		t.Errorf("%d pending at once, want at most %d", f.most, deleteWindow)
	}
	if f.done != 1 || f.err != nil {
		t.Errorf("done %d times, with %v", f.done, f.err)
	}
}

func TestWindow_StopWaitsForWhatIsPending(t *testing.T) {
	t.Parallel()
	f, w := newFakeWork()
	w.more(2 * deleteWindow)
	cause := errors.New("cause")
	f.end()
	w.stop(cause)
	for len(f.pending) > 0 {
		if f.done > 0 {
			t.Fatal("done with requests pending")
		}
		f.end()
		w.stop(errors.New("later"))
	}
	if f.done != 1 || f.err != cause || len(f.submitted) != deleteWindow {
		t.Errorf("done %d times with %v after %d requests", f.done, f.err, len(f.submitted))
	}
}

func TestWindow_RequestsThatEndAtOnce(t *testing.T) {
	t.Parallel()
	done := 0
	var w *window
	w = &window{each: func(int) { w.finish(0) }, done: func(error) { done++ }}
	w.more(100_000) // recursion would overflow the stack
	if done != 1 {
		t.Errorf("done %d times", done)
	}
}
