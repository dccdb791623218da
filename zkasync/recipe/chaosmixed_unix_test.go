//go:build unix

package recipe_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// mixed is contenders of several kinds for one lock.
type mixed struct {
	t *testing.T

	mu      sync.Mutex
	turns   []span
	pauses  []span
	reading sync.WaitGroup
}

// span is a time for which a process believed to have the lock, or was stopped.
type span struct {
	who         int
	kind        string
	fence       int64
	start, stop time.Time
}

func (a span) overlaps(b span) bool { return a.start.Before(b.stop) && b.start.Before(a.stop) }

// Processes with zkasync, kazoo and Curator contend for one lock, on three servers that are killed and frozen, over connections that are cut
// and held up, and are stopped themselves, past their sessions. No write of a former holder is accepted behind one of a later. Two zkasync
// processes never believe to have the lock at one time unless one was stopped; what overlaps else is counted. In the end each has a turn.
func TestChaos_MixedProcesses(t *testing.T) {
	ens := zkserver.RunEnsemble(t)
	c := connect(t, ens.ConnectString())
	must(t, c.Create(t.Context(), "/register", nil))
	m := &mixed{t: t}
	var proxies []*zkproxy.Proxy
	var peers []*peer
	for who, kind := range []string{"zkasync", "zkasync", "kazoo", "Curator"} {
		var addrs []string
		for _, s := range ens.Servers() {
			p := zkproxy.Run(t, s.Addr())
			proxies, addrs = append(proxies, p), append(addrs, p.Addr())
		}
		p := startContender(t, kind, strings.Join(addrs, ","), who)
		peers = append(peers, p)
		m.reading.Go(func() { m.read(who, kind, p) })
	}
	ctx, cancel := context.WithTimeout(t.Context(), *chaosDuration)
	defer cancel()
	var nemeses sync.WaitGroup
	nemeses.Go(func() { breakServers(t, ctx, ens) })
	nemeses.Go(func() { breakConnections(ctx, proxies) })
	nemeses.Go(func() { m.stopProcesses(ctx, peers) })
	nemeses.Wait()
	done := make(chan struct{})
	go func() {
		defer close(done)
		m.reading.Wait()
	}()
	select {
	case <-done:
	case <-time.After(4 * wait): // kazoo and Curator take their time
		t.Fatal("not everybody has a last turn")
	}
	m.judge()
	checkRegister(t, c)
}

func startContender(t *testing.T, kind, servers string, who int) *peer {
	args := []string{servers, "/mixed", "/register", fmt.Sprint(int(chaosDuration.Seconds()))}
	switch kind {
	case "kazoo":
		return startPython(t, append([]string{"testdata/kazoo_contender.py"}, args...)...)
	case "Curator":
		return startJava(t, append([]string{"testdata/CuratorContender.java"}, args...)...)
	default:
		lease := []string{"suspended", "lost"}[who%2]
		return startPeer(t, "/usr/bin/env", asContender+"="+strings.Join(append(args, lease), " "), os.Args[0])
	}
}

// read takes in what a process tells, until it is done.
func (m *mixed) read(who int, kind string, p *peer) {
	for p.out.Scan() {
		var fence, start, stop int64
		switch n, err := fmt.Sscanf(p.out.Text(), "held %d %d %d", &fence, &start, &stop); {
		case p.out.Text() == "done":
			return
		case n != 3:
			m.t.Errorf("%s: %q, %v", kind, p.out.Text(), err)
		default:
			m.mu.Lock()
			m.turns = append(m.turns, span{who, kind, fence, time.Unix(0, start), time.Unix(0, stop)})
			m.mu.Unlock()
		}
	}
	m.t.Errorf("%s ends: %v", kind, p.out.Err())
}

// stopProcesses stops one at a time, at times for longer than a session lives.
func (m *mixed) stopProcesses(ctx context.Context, peers []*peer) {
	for ctx.Err() == nil {
		sleep(ctx, rand.N(2*time.Second))
		who := rand.IntN(len(peers))
		start := time.Now()
		if err := peers[who].cmd.Process.Signal(syscall.SIGSTOP); err != nil {
			m.t.Errorf("stop: %v", err)
		}
		sleep(ctx, rand.N(6*time.Second))
		if err := peers[who].cmd.Process.Signal(syscall.SIGCONT); err != nil {
			m.t.Errorf("continue: %v", err)
		}
		m.mu.Lock()
		m.pauses = append(m.pauses, span{who: who, start: start, stop: time.Now().Add(time.Second)}) // it takes a while to notice
		m.mu.Unlock()
	}
}

// judge counts the overlaps.
func (m *mixed) judge() {
	slices.SortFunc(m.turns, func(a, b span) int { return a.start.Compare(b.start) })
	turns, overlaps := make(map[string]int), make(map[string]int)
	for i, a := range m.turns {
		turns[a.kind]++
		for _, b := range m.turns[:i] {
			if a.who == b.who || !a.overlaps(b) {
				continue
			}
			kind := strings.Join(slices.Sorted(slices.Values([]string{a.kind, b.kind})), " and ")
			if m.paused(a) || m.paused(b) {
				kind += ", one of them stopped"
			}
			if overlaps[kind]++; kind == "zkasync and zkasync" {
				m.t.Errorf("%d and %d have it at once: %+v, %+v", a.who, b.who, a, b)
			}
		}
	}
	m.t.Logf("turns %v, overlaps %v, %d times stopped", turns, overlaps, len(m.pauses))
	if len(turns) != 3 {
		m.t.Errorf("turns of %v only", slices.Collect(maps.Keys(turns)))
	}
}

func (m *mixed) paused(a span) bool {
	return slices.ContainsFunc(m.pauses, func(p span) bool { return p.who == a.who && p.overlaps(a) })
}

// checkRegister checks that no write of a former holder was accepted behind one of a later.
func checkRegister(t *testing.T, c *zkasync.Client) {
	t.Helper()
	all := names(t, c, "/register")
	slices.SortFunc(all, func(a, b string) int { return cmp.Compare(a, b) })
	last := ""
	var highest int64
	for _, name := range all {
		n := must(t, c.Get(t.Context(), "/register/"+name))
		var fence int64
		if _, err := fmt.Sscan(string(n.Data), &fence); err != nil {
			t.Errorf("%q: %v", n.Data, err)
		}
		if fence < highest {
			t.Errorf("%q wrote behind %q", n.Data, last)
		}
		highest, last = max(highest, fence), string(n.Data)
	}
	if t.Logf("%d writes", len(all)); len(all) == 0 {
		t.Error("nobody has written")
	}
}

// breakServers kills one server at a time, or freezes it, and mends it.
func breakServers(t *testing.T, ctx context.Context, ens *zkserver.Ensemble) {
	check := func(err error) {
		if err != nil {
			t.Errorf("servers: %v", err)
		}
	}
	for ctx.Err() == nil {
		sleep(ctx, rand.N(2*time.Second))
		s := ens.Servers()[rand.IntN(3)]
		if rand.IntN(2) == 0 {
			check(s.Freeze())
			sleep(ctx, rand.N(6*time.Second))
			check(s.Continue())
			continue
		}
		check(s.Kill())
		sleep(ctx, rand.N(time.Second))
		restart, cancel := context.WithTimeout(context.Background(), time.Minute)
		check(s.Restart(restart))
		cancel()
	}
}

// breakConnections holds connections up, and cuts them.
func breakConnections(ctx context.Context, proxies []*zkproxy.Proxy) {
	for ctx.Err() == nil {
		sleep(ctx, rand.N(2*time.Second))
		p := proxies[rand.IntN(len(proxies))]
		if rand.IntN(2) == 0 {
			p.Hold([]zkproxy.Direction{zkproxy.ToServer, zkproxy.ToClient}[rand.IntN(2)], true)
			sleep(ctx, rand.N(6*time.Second))
		}
		p.Cut()
		p.Heal()
	}
}
