//go:build !race

package handler

import "testing"

// Not parallel, like all tests here: they count the allocations of the process.
func TestLane_DoesNotAllocate(t *testing.T) {
	for name, newHandler := range makers {
		h := newHandler()
		if n := testing.AllocsPerRun(100, func() { h.Lane(Watch, "/some/path").Execute(&nop{}) }); n != 0 {
			t.Errorf("%s: Lane and Execute on an idle handler allocate %v times", name, n)
		}
	}
}

func TestExecute_DoesNotAllocate(t *testing.T) {
	for name, newHandler := range makers {
		h := newHandler()
		start(t, h)
		lane := h.Lane(Completion, "/a")
		task, done := Task(&nop{}), make(signal, 1)
		last := Task(done)
		n := testing.AllocsPerRun(100, func() {
			for range 2000 {
				lane.Execute(task)
			}
			lane.Execute(last)
			<-done
		})
		if n != 0 {
			t.Errorf("%s: 2000 tasks and their runs allocate %v times", name, n)
		}
		stop(t, h)
	}
}

func TestInCallback_DoesNotAllocateOutsideOfCallbacks(t *testing.T) {
	h := NewInline()
	if n := testing.AllocsPerRun(100, func() { h.InCallback() }); n != 0 {
		t.Errorf("InCallback allocates %v times", n)
	}
}
