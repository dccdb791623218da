package feed

import (
	"errors"
	"slices"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errOver = errors.New("over")

func rest[T any](ch <-chan T) (all []T) {
	for v := range ch {
		all = append(all, v)
	}
	return all
}

func TestFeed_LosesNothingForASlowReader(t *testing.T) {
	var crew Crew
	f := Queued(2, Queue[int](new(FIFO[int])), &crew)
	var want []int
	for i := range 1000 {
		f.Put(i)
		want = append(want, i)
	}
	ch := f.C()
	var got []int
	for range want {
		got = append(got, <-ch)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	f.End(errOver)
	crew.Wait()
}

// At the end, the values that fit into the channel can still be read, and the latest is always among them.
func TestFeed_KeepsTheLatestAtItsEnd(t *testing.T) {
	for _, c := range []struct {
		put  int
		want []int
	}{{0, nil}, {1, []int{0}}, {3, []int{0, 1, 2}}, {4, []int{1, 2, 3}}, {9, []int{1, 2, 8}}} {
		for name, read := range map[string]bool{"read": true, "nobody reads": false} {
			f := Queued(3, Queue[int](new(FIFO[int])), nil)
			if read {
				f.C()
			}
			for i := range c.put {
				f.Put(i)
			}
			f.End(errOver)
			f.End(errors.New("again"))
			f.Put(100)
			if got := rest(f.C()); !slices.Equal(got, c.want) || f.Err() != errOver {
				t.Errorf("%d put, %s: got %v with %v, want %v", c.put, name, got, f.Err(), c.want)
			}
			<-f.Done()
		}
	}
}

func TestFeed_BoundedTellsOfTheOneTooMany(t *testing.T) {
	f := Bounded[int](2)
	for i, fits := range []bool{true, true, false} {
		if f.Put(i) != fits {
			t.Errorf("put %d: fits %v, want %v", i, !fits, fits)
		}
	}
	f.End(errOver)
	if got := rest(f.C()); !slices.Equal(got, []int{0, 1, 2}) {
		t.Errorf("got %v", got)
	}
}

// A crew may grow from zero while somebody waits for it.
func TestCrew_WaitsForAll(t *testing.T) {
	var c Crew
	c.Wait()
	c.Enter()
	done := make(chan struct{})
	go func() { c.Wait(); close(done) }()
	c.Enter()
	c.Leave()
	select {
	case <-done:
		t.Fatal("one is left")
	default:
	}
	c.Leave()
	<-done
}
