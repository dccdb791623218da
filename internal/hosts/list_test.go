package hosts

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zkasync/zkasync-go/internal/chance"
)

// hostsOf returns a list whose names are dialled as they are.
func hostsOf(shuffle bool, names ...string) *List {
	return New(names, Options{Shuffle: shuffle, Draw: chance.New()})
}

// try takes the next server as a seek does, and begins a new pass if the last one is over.
func try(h *List) (addr string, pause time.Duration) {
	if !h.Left() {
		pause = h.Pause()
		h.Begin(AsGiven(h.Names()))
	}
	s, _ := h.Take()
	return s.Addr, pause
}

func TestHosts_TriesEachOnceBeforeItPauses(t *testing.T) {
	t.Parallel()
	h := hostsOf(false, "a", "b", "c")
	var order []string
	var pauses []time.Duration
	for range 9 {
		addr, pause := try(h)
		order = append(order, addr)
		pauses = append(pauses, pause)
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

func TestHosts_BeginsBehindTheServerThatWasTriedLast(t *testing.T) {
	t.Parallel()
	h := hostsOf(false, "a", "b", "c")
	try(h)
	try(h)
	h.Found(Server{Name: "b", Addr: "b"})
	h.queue = nil // the connection held: the pass is over
	var order []string
	for range 3 {
		addr, _ := try(h)
		order = append(order, addr)
	}
	if want := []string{"c", "a", "b"}; !slices.Equal(order, want) {
		t.Errorf("order %v, want %v", order, want)
	}
	if addr, retryStart := h.Next(); addr != "b" || retryStart {
		t.Errorf("go-zookeeper was told of %q, and to sleep: %v", addr, retryStart)
	}
}

func TestHosts_PauseIsCapped(t *testing.T) {
	t.Parallel()
	h := hostsOf(false, "a")
	for range 100_000 {
		if _, p := try(h); p < 0 || p > longPause {
			t.Fatalf("pause %v, want at most %v", p, longPause)
		}
	}
}

func TestHosts_OnlyAConnectionThatHeldEndsThePauses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := hostsOf(false, "a")
		try(h)
		h.Connected()
		h.Resume()
		if _, pause := try(h); pause == 0 {
			t.Error("no pause after a connection that was cut at once")
		}
		h.Connected()
		time.Sleep(longPause + 1)
		h.Resume()
		if _, p := try(h); p != 0 {
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
	h := hostsOf(true, list...)
	if slices.Equal(h.list, list) {
		t.Error("not shuffled")
	}
	slices.Sort(h.list)
	slices.Sort(list)
	if !slices.Equal(h.list, list) {
		t.Errorf("list %v, want %v", h.list, list)
	}
}

func TestHosts_OneAddressByTwoNamesIsTwoServersOnlyWhenNamesAreVerified(t *testing.T) {
	t.Parallel()
	both := []Server{{Name: "a:1", Addr: "10.0.0.1:1"}, {Name: "b:1", Addr: "10.0.0.1:1"}, {Name: "a:1", Addr: "10.0.0.1:1"}}
	for want, cfg := range map[int]Options{1: {}, 2: {Named: true}} {
		h := New([]string{"a:1", "b:1"}, cfg)
		h.Begin(both)
		h.Add(both)
		if len(h.queue) != want {
			t.Errorf("%v, want %d of them", h.queue, want)
		}
	}
}

func TestServer_ShowsNameAndAddress(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]Server{
		"zk.test:1 (10.0.0.1:1)": {Name: "zk.test:1", Addr: "10.0.0.1:1"},
		"10.0.0.1:1":             {Name: "10.0.0.1:1", Addr: "10.0.0.1:1"},
		"zk.test:1":              {Name: "zk.test:1"},
	} {
		if got := s.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Many clients change from one list to another, and the clients of each server are counted, as in the tests of the Java client's
// StaticHostProvider.
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
			h := hostsOf(true, c.before...)
			h.Found(Server{Name: c.before[i%len(c.before)], Addr: "its address"})
			if h.Update(c.after) {
				load[h.list[0]]++
			} else {
				load[h.now.Name]++
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
	h := hostsOf(false, "a")
	try(h)
	h.Found(h.last)
	if h.Update([]string{"a"}) {
		t.Error("the same list makes the client move")
	}
	if !h.Update([]string{"b", "c"}) {
		t.Error("the client stays on a server that is gone")
	}
	var order []string
	for range 2 {
		addr, _ := try(h)
		order = append(order, addr)
	}
	slices.Sort(order)
	if want := []string{"b", "c"}; !slices.Equal(order, want) {
		t.Errorf("order %v, want %v", order, want)
	}
}
