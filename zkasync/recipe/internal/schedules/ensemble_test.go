package schedules

import (
	"context"
	"flag"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

var chaosDuration = flag.Duration("chaos.duration", 6*time.Second, "how long servers of the real ensemble are disturbed")

// Here the histories of counters, elections and guarded registers come from three real servers. They are killed, followers are
// frozen, and connections are cut. Leaders are not frozen: afterwards, a former leader may give outdated answers for a moment.
func TestEnsemble_HistoriesAreLinearizable(t *testing.T) {
	ens := zkserver.RunEnsemble(t)
	w := &world{t: t, seed: rand.Uint64(), tally: newTally(testing.Verbose()), cleared: make(map[string]int64), parts: 100, quiet: make(chan struct{})}
	w.calm = time.Now().Add(*chaosDuration)
	proxies := realProcesses(t, w, ens)
	plays := []part{counter(), election(), mutex()}
	for _, p := range plays {
		p.begin(w, w.random(0))
	}
	var nemeses sync.WaitGroup
	nemeses.Go(func() { breakServers(w, ens) })
	nemeses.Go(func() { breakConnections(w, proxies) })
	nemeses.Wait()
	close(w.quiet)
	w.actors.Wait()
	for _, p := range plays {
		if x, ok := p.(*contest); ok && x.o != nil {
			x.o.end()
		}
	}
	for _, p := range w.procs {
		p.close()
	}
	for _, p := range plays {
		p.judge()
	}
	if t.Logf("seen:%v", w.tally); len(w.trouble) > 0 {
		t.Error(strings.Join(w.trouble, "\n"))
	}
}

// realProcesses adds three processes to a world. Their clients reach the servers through proxies.
func realProcesses(t *testing.T, w *world, ens *zkserver.Ensemble) (proxies []*zkproxy.Proxy) {
	for i := range 3 {
		var servers []string
		for _, s := range ens.Servers() {
			p := zkproxy.Run(t, s.Addr())
			proxies = append(proxies, p)
			servers = append(servers, p.Addr())
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		c, err := zkasync.Connect(ctx, strings.Join(servers, ","), zkasync.WithSessionTimeout(4*time.Second))
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		w.procs = append(w.procs, &process{w: w, id: i, c: c})
	}
	return proxies
}

// breakServers kills a server or freezes a follower, one at a time, and then restarts or continues it.
func breakServers(w *world, ens *zkserver.Ensemble) {
	random, ctx := w.random(1), context.Background()
	must := func(err error) {
		if err != nil {
			w.fail("servers: %v", err)
		}
	}
	for w.disturbed() {
		time.Sleep(rand2N(random, time.Second))
		if followers, err := ens.Followers(ctx); err == nil && random.IntN(2) == 0 {
			s := followers[random.IntN(len(followers))]
			must(s.Freeze())
			time.Sleep(rand2N(random, 3*time.Second))
			must(s.Continue())
			continue
		}
		s := ens.Servers()[random.IntN(3)]
		must(s.Kill())
		time.Sleep(rand2N(random, time.Second))
		restart, cancel := context.WithTimeout(ctx, time.Minute)
		must(s.Restart(restart))
		cancel()
	}
}

// breakConnections cuts connections. Half of the time, it first holds them up.
func breakConnections(w *world, proxies []*zkproxy.Proxy) {
	random := w.random(2)
	for w.disturbed() {
		time.Sleep(rand2N(random, time.Second))
		p := proxies[random.IntN(len(proxies))]
		if random.IntN(2) == 0 {
			p.Hold([]zkproxy.Direction{zkproxy.ToServer, zkproxy.ToClient}[random.IntN(2)], true)
			time.Sleep(rand2N(random, 3*time.Second))
		}
		p.Cut()
		p.Heal()
	}
}
