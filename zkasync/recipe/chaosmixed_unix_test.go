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

	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// mixed records how processes of several kinds contend for one lock.
type mixed struct {
	t *testing.T

	mu      sync.Mutex
	turns   []span
	pauses  []span
	reading sync.WaitGroup
}

// span is a time for which a process believed that it held the lock, or was stopped.
type span struct {
	who         int
	kind        string
	fence       int64
	start, stop time.Time
}

func (a span) overlaps(b span) bool { return a.start.Before(b.stop) && b.start.Before(a.stop) }

// Processes that use zkasync, kazoo and Curator contend for one lock. The three servers are killed and frozen, connections are cut and
// held up, and the processes themselves are stopped, sometimes for longer than their sessions. No write of a former holder may be
// accepted after one of a later holder. Two zkasync processes must never believe at the same time that they hold the lock, unless one
// was stopped; other overlaps are only counted. In the end, everybody gets a turn.
func TestChaos_MixedProcesses(t *testing.T) {
	ens := check.Ensemble(t, "processes are killed and frozen while they elect and synchronize")
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
	case <-time.After(4 * wait): // kazoo and Curator need a while
		t.Fatal("not everybody got a last turn")
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

// read records the turns that a process reports, until it is done.
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

// stopProcesses stops one process at a time, sometimes for longer than a session timeout.
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
		m.pauses = append(m.pauses, span{who: who, start: start, stop: time.Now().Add(time.Second)}) // the process needs a while to notice
		m.mu.Unlock()
	}
}

// judge counts the overlaps, and fails the test for those that must not happen.
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
				m.t.Errorf("%d and %d hold the lock at once: %+v, %+v", a.who, b.who, a, b)
			}
		}
	}
	m.t.Logf("turns %v, overlaps %v, %d times stopped", turns, overlaps, len(m.pauses))
	if len(turns) != 3 {
		m.t.Errorf("only %v got turns", slices.Collect(maps.Keys(turns)))
	}
}

func (m *mixed) paused(a span) bool {
	return slices.ContainsFunc(m.pauses, func(p span) bool { return p.who == a.who && p.overlaps(a) })
}

// checkRegister checks that no write of a former holder was accepted after one of a later holder.
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
			t.Errorf("%q wrote after %q", n.Data, last)
		}
		highest, last = max(highest, fence), string(n.Data)
	}
	if t.Logf("%d writes", len(all)); len(all) == 0 {
		t.Error("nobody has written")
	}
}

// breakServers kills or freezes one server at a time, and then restarts or continues it.
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

// breakConnections cuts connections. Half of the time, it first holds them up.
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
