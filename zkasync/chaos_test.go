package zkasync_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
)

var (
	chaosDuration = flag.Duration("chaos.duration", 60*time.Second, "how long TestChaos breaks things")
	chaosSeed     = flag.Uint64("chaos.seed", 0, "seed of TestChaos's choices; 0: a random one, which is logged")
)

const (
	chaosClients = 4
	chaosKeys    = 8
	chaosSession = 2 * time.Second
	// chaosRecovery is how long it may take after the last fault until everything works.
	chaosRecovery = 60 * time.Second
	// chaosHeap is how much the heap may have grown in the end, without the checkers' own history.
	chaosHeap = 16 << 20
	// maxComplaints is how many complaints of each kind are printed.
	maxComplaints = 20
	logsPath      = "/logs"
	regsPath      = "/registers"
	lockPath      = "/lock"
	guardPath     = "/guard"
)

// chaos is one run of TestChaos: servers, proxies in front of them, clients with their workers, and the record of everything
// that was done.
type chaos struct {
	t       *testing.T
	seed    uint64
	begun   time.Time
	ens     *zkserver.Ensemble
	proxies []*zkproxy.Proxy
	clients []*chaosClient
	regs    []*casRegister
	lock    *lockLedger
	faults  journal // what the nemesis has done
	wrong   journal // contradictions

	calm   chan struct{} // closed when workers must begin nothing new
	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup
}

// TestChaos has several clients read, write, watch and lock through three servers, while servers are killed and frozen and
// connections are broken at random. In the end everything is healed, and what the clients were told is compared with what the
// servers have. A failure prints the seed and the relevant history.
func TestChaos(t *testing.T) {
	before := goleak.IgnoreCurrent()
	heap := heapInUse()
	x := newChaos(t)
	x.setUp()
	x.startWorkers()
	x.nemesis()
	x.heal()
	x.finish()
	x.check()
	x.tearDown()
	clients := x.clients
	for _, cc := range clients {
		cc.log = nil
	}
	x.regs, x.lock, x.clients = nil, nil, nil
	x.wrong.clear()
	if grown := int64(heapInUse()) - int64(heap); grown > chaosHeap {
		t.Errorf("the heap has grown by %d bytes", grown)
	}
	if err := goleak.Find(before, goleak.IgnoreAnyFunction(zkserver.Goroutine)); err != nil {
		t.Error(err)
	}
	t.Logf("%d faults and recoveries in %v", len(x.faults.all()), x.since())
	if t.Failed() {
		t.Logf("seed %d; the faults were\n%s", x.seed, strings.Join(x.faults.all(), "\n"))
		for _, cc := range clients {
			t.Log(cc.told())
		}
	}
}

func newChaos(t *testing.T) *chaos {
	x := &chaos{t: t, seed: *chaosSeed, begun: time.Now(), calm: make(chan struct{})}
	if x.seed == 0 {
		x.seed = rand.Uint64()
	}
	t.Logf("seed %d", x.seed)
	x.ctx, x.cancel = context.WithCancel(context.Background())
	t.Cleanup(x.cancel)
	x.lock = &lockLedger{x: x}
	return x
}

// random returns a source of random numbers for one worker.
func (x *chaos) random(worker uint64) *rand.Rand { return rand.New(rand.NewPCG(x.seed, worker)) }

// since returns the time since the run began, for histories.
func (x *chaos) since() time.Duration { return time.Since(x.begun).Round(time.Millisecond) }

func (x *chaos) setUp() {
	x.ens = check.Ensemble(x.t, "processes are killed and frozen while they elect and synchronize")
	var addrs []string
	for _, s := range x.ens.Servers() {
		p := zkproxy.Run(x.t, s.Addr())
		x.proxies = append(x.proxies, p)
		addrs = append(addrs, p.Addr())
	}
	servers := strings.Join(addrs, ",")
	for i := range chaosClients {
		x.clients = append(x.clients, newChaosClient(x, i, servers))
	}
	c, ctx := x.clients[0].c, testContext(x.t)
	for _, path := range []string{logsPath, regsPath, lockPath, guardPath} {
		must(x.t, c.Create(ctx, path, nil))
	}
	for i := range chaosKeys {
		path := fmt.Sprintf("%s/%d", regsPath, i)
		must(x.t, c.Create(ctx, path, []byte("0")))
		x.regs = append(x.regs, newCASRegister(x, path))
	}
	for _, cc := range x.clients {
		must(x.t, c.Create(ctx, cc.log.path, nil))
	}
}

func (x *chaos) startWorkers() {
	for i, cc := range x.clients {
		n := uint64(i) * 100
		x.work.Go(func() { cc.writeRegisters(x.random(n + 1)) })
		x.work.Go(func() { cc.readRegisters(x.random(n + 2)) })
		x.work.Go(func() { cc.appendLog() })
		x.work.Go(func() { cc.contend() })
		for k := i; k < chaosKeys; k += chaosClients / 2 { // each key has two watchers
			x.work.Go(func() { cc.watchRegister(x.regs[k]) })
			x.work.Go(func() { cc.followRegister(x.regs[k]) })
		}
	}
}

// heal ends all faults and waits until the servers serve and the clients are connected.
func (x *chaos) heal() {
	for _, p := range x.proxies {
		p.Heal()
	}
	ctx, cancel := context.WithTimeout(context.Background(), chaosRecovery)
	defer cancel()
	for _, s := range x.ens.Servers() {
		if err := s.Continue(); err != nil {
			x.t.Error(err)
		}
		if !s.Running() {
			if err := s.Boot(); err != nil {
				x.t.Error(err)
			}
		}
	}
	for _, s := range x.ens.Servers() {
		if err := s.Ready(ctx); err != nil {
			x.t.Fatal(err)
		}
	}
	x.faults.add(fmt.Sprintf("%v healed", x.since()))
	for _, cc := range x.clients {
		x.within(ctx, cc.name+" is connected", cc.c.Connected)
	}
}

// within polls until done returns true, and fails the test if ctx ends before.
func (x *chaos) within(ctx context.Context, what string, done func() bool) {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			x.t.Fatalf("after everything was healed, it did not happen in time that %s", what)
		}
	}
}

// finish waits until the workers have ended what they have begun, and the watchers have seen the last changes.
func (x *chaos) finish() {
	ctx, cancel := context.WithTimeout(context.Background(), chaosRecovery)
	defer cancel()
	close(x.calm)
	for _, cc := range x.clients {
		x.within(ctx, fmt.Sprintf("all operations of %s are complete", cc.name), cc.idle)
	}
	for _, r := range x.regs {
		_, err := x.clients[0].c.Sync(ctx, r.path).Get(ctx)
		node, err2 := x.clients[0].c.Get(ctx, r.path).Get(ctx)
		if err != nil || err2 != nil {
			x.t.Fatal(err, err2)
		}
		r.read("the checker", node)
		r.final = node.Stat.Version
	}
	for _, r := range x.regs {
		for _, w := range r.watchers() {
			if !x.eventually(ctx, func() bool { return w.seen.Load() == r.final }) {
				x.complain("%s: the watcher of %s has seen version %d last, of %d\n%s", r.path, w.name, w.seen.Load(), r.final, r.tail(r.final))
			}
		}
	}
	x.cancel()
	x.work.Wait()
}

func (x *chaos) eventually(ctx context.Context, done func() bool) bool {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

func (x *chaos) check() {
	for _, r := range x.regs {
		r.check()
	}
	for _, cc := range x.clients {
		cc.check()
		cc.log.check()
	}
	x.lock.check()
	x.judge()
}

func (x *chaos) tearDown() {
	for _, cc := range x.clients {
		if err := cc.c.Close(); err != nil {
			x.t.Errorf("%s: %v", cc.name, err)
		}
		if n := cc.pending(); n != 0 {
			x.t.Errorf("%s: %d futures are pending after Close", cc.name, n)
		}
	}
	for _, p := range x.proxies {
		p.Close()
	}
}
