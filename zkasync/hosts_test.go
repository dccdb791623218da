package zkasync

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestHosts_TriesEachOnceBeforeItPauses(t *testing.T) {
	t.Parallel()
	h := newHosts([]string{"a", "b", "c"}, false)
	var order []string
	var pauses []time.Duration
	for range 9 {
		server, retryStart := h.Next()
		if retryStart {
			t.Error("go-zookeeper was told to sleep")
		}
		order = append(order, server)
		pauses = append(pauses, h.pause())
	}
	if want := []string{"a", "b", "c", "a", "b", "c", "a", "b", "c"}; !slices.Equal(order, want) {
		t.Errorf("order %v, want %v", order, want)
	}
	for i, p := range pauses {
		least, most := time.Duration(0), time.Duration(0)
		if i == 3 || i == 6 { // the second and third pass begin
			most = firstPause << (i/3 - 1)
			least = most / 2
		}
		if p < least || p > most {
			t.Errorf("pause %v before try %d, want %v to %v", p, i, least, most)
		}
	}
}

func TestHosts_PauseIsCapped(t *testing.T) {
	t.Parallel()
	h := newHosts([]string{"a"}, false)
	for range 100_000 {
		h.Next()
		if p := h.pause(); p < 0 || p > longPause {
			t.Fatalf("pause %v, want at most %v", p, longPause)
		}
	}
}

func TestHosts_OnlyAConnectionThatHeldEndsThePauses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHosts([]string{"a"}, false)
		h.Next()
		h.Connected()
		h.Next()
		if h.pause() == 0 {
			t.Error("no pause after a connection that was cut at once")
		}
		h.Connected()
		time.Sleep(longPause + 1) // of the bubble's clock
		h.Next()
		if p := h.pause(); p != 0 {
			t.Errorf("pause %v after a connection that held", p)
		}
	})
}

func TestHosts_ShuffleKeepsAll(t *testing.T) {
	t.Parallel()
	var list []string
	for i := range 20 {
		list = append(list, fmt.Sprint(i))
	}
	h := newHosts(list, true)
	if slices.Equal(h.list, list) {
		t.Error("not shuffled")
	}
	slices.Sort(h.list)
	slices.Sort(list)
	if !slices.Equal(h.list, list) {
		t.Errorf("list %v, want %v", h.list, list)
	}
}

// TestHosts_UpdateEvensOutTheLoad has many clients change from one list to another and counts who goes where, as the tests of
// the Java client's StaticHostProvider do.
func TestHosts_UpdateEvensOutTheLoad(t *testing.T) {
	t.Parallel()
	const clients = 30_000
	for _, c := range []struct {
		name          string
		before, after []string
	}{
		{"one added", []string{"a", "b"}, []string{"a", "b", "c"}},
		{"many added", []string{"a", "b"}, []string{"a", "b", "c", "d", "e", "f"}},
		{"one removed", []string{"a", "b", "c"}, []string{"a", "b"}},
		{"one replaced", []string{"a", "b", "c"}, []string{"a", "b", "d"}},
		{"all replaced", []string{"a", "b"}, []string{"c", "d", "e"}},
	} {
		load := make(map[string]int)
		for i := range clients {
			h := newHosts(c.before, true)
			h.now = c.before[i%len(c.before)]
			if h.update(c.after) {
				load[h.list[0]]++
			} else {
				load[h.now]++
			}
		}
		even := float64(clients) / float64(len(c.after))
		for _, server := range c.after {
			if off := math.Abs(float64(load[server])-even) / even; off > 0.05 {
				t.Errorf("%s: %s has %d clients, want about %.0f", c.name, server, load[server], even)
			}
		}
		if len(load) != len(c.after) {
			t.Errorf("%s: load %v, want it on %v alone", c.name, load, c.after)
		}
	}
}

func TestHosts_UpdateTriesTheOtherServersToo(t *testing.T) {
	t.Parallel()
	h := newHosts([]string{"a"}, false)
	h.Next()
	if h.update([]string{"a"}) {
		t.Error("the same list makes the client move")
	}
	if !h.update([]string{"b", "c"}) {
		t.Error("the client stays on a server that is gone")
	}
	var order []string
	for range 2 {
		server, _ := h.Next()
		order = append(order, server)
	}
	slices.Sort(order)
	if want := []string{"b", "c"}; !slices.Equal(order, want) {
		t.Errorf("order %v, want %v", order, want)
	}
}
