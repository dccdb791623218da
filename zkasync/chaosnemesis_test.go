package zkasync_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// nemesis causes faults for as long as the flag says: one goroutine breaks servers, and one for each server breaks its
// connections. Some faults are left at the end; heal ends them.
func (x *chaos) nemesis() {
	ctx, cancel := context.WithTimeout(context.Background(), *chaosDuration)
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() { x.breakServers(ctx, x.random(1001)) })
	for i, p := range x.proxies {
		wg.Go(func() { x.breakConnections(ctx, p, x.random(1002+uint64(i))) })
	}
	wg.Wait()
}

func (x *chaos) note(format string, args ...any) {
	x.faults.add(fmt.Sprintf("%v ", x.since()) + fmt.Sprintf(format, args...))
}

// spell draws how long a fault lasts: usually less than a session timeout, sometimes far longer.
func spell(random *rand.Rand) time.Duration {
	switch random.IntN(10) {
	case 0, 1:
		return chaosSession + upTo(random, 2*chaosSession)
	case 2, 3, 4:
		return upTo(random, chaosSession)
	default:
		return upTo(random, chaosSession/4)
	}
}

func pauseFor(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// breakServers freezes one server at a time, now and then two, which leaves no quorum, or kills one. It kills a server only when
// all others have all the data: ZooKeeper itself loses acknowledged writes when servers crash while one of them is still
// catching up (ZOOKEEPER-4643, ZOOKEEPER-4646).
func (x *chaos) breakServers(ctx context.Context, random *rand.Rand) {
	for {
		pauseFor(ctx, 100*time.Millisecond+upTo(random, time.Second))
		if ctx.Err() != nil {
			return
		}
		victims, lasts := x.victims(ctx, random), spell(random)
		if len(victims) == 1 && random.IntN(2) == 0 && x.inSync(ctx) {
			x.kill(ctx, victims[0], lasts)
			continue
		}
		for _, s := range victims {
			x.must(s.Freeze())
			x.note("server %s is frozen for %v", s.Addr(), lasts)
		}
		pauseFor(ctx, lasts)
		for _, s := range victims {
			x.must(s.Continue())
		}
	}
}

func (x *chaos) must(err error) {
	if err != nil {
		x.t.Error(err)
	}
}

func (x *chaos) victims(ctx context.Context, random *rand.Rand) []*zkserver.Server {
	servers := x.ens.Servers()
	random.Shuffle(len(servers), func(i, j int) { servers[i], servers[j] = servers[j], servers[i] })
	choice := random.IntN(10)
	if choice < 2 {
		return servers[:2]
	}
	if choice < 6 {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		if leader, err := x.ens.Leader(ctx); err == nil {
			return []*zkserver.Server{leader}
		}
	}
	return servers[:1]
}

// inSync waits until all others follow the leader.
func (x *chaos) inSync(ctx context.Context) bool {
	const patience = 10 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return x.eventually(ctx, func() bool {
		leader, err := x.ens.Leader(ctx)
		if err != nil {
			return false
		}
		stats, err := zkasync.ServerStats(ctx, leader.Addr())
		return err == nil && stats["zk_synced_followers"] == strconv.Itoa(len(x.proxies)-1)
	})
}

// kill kills a server, waits, and starts it again.
func (x *chaos) kill(ctx context.Context, s *zkserver.Server, lasts time.Duration) {
	x.must(s.Kill())
	x.note("server %s is killed for %v", s.Addr(), lasts)
	pauseFor(ctx, lasts)
	x.must(s.Boot())
	serves := x.inSync(ctx)
	x.note("server %s is back, with the data: %v", s.Addr(), serves)
}

// netFaults are the faults of connections to one server.
var netFaults = []struct {
	name string
	do   func(p *zkproxy.Proxy, random *rand.Rand)
}{
	{"cut", func(p *zkproxy.Proxy, _ *rand.Rand) { p.Cut() }},
	{"reset", func(p *zkproxy.Proxy, _ *rand.Rand) { p.Reset() }},
	{"cut in the middle of a reply", func(p *zkproxy.Proxy, random *rand.Rand) {
		p.CutAfter(zkproxy.ToClient, random.IntN(100), random.IntN(100))
	}},
	{"cut in the middle of a request", func(p *zkproxy.Proxy, random *rand.Rand) {
		p.CutAfter(zkproxy.ToServer, random.IntN(100), random.IntN(100))
	}},
	{"requests lost", func(p *zkproxy.Proxy, _ *rand.Rand) { p.Drop(zkproxy.ToServer, true) }},
	{"replies lost", func(p *zkproxy.Proxy, _ *rand.Rand) { p.Drop(zkproxy.ToClient, true) }},
	{"requests held", func(p *zkproxy.Proxy, _ *rand.Rand) { p.Hold(zkproxy.ToServer, true) }},
	{"replies held", func(p *zkproxy.Proxy, _ *rand.Rand) { p.Hold(zkproxy.ToClient, true) }},
	{"delayed", func(p *zkproxy.Proxy, random *rand.Rand) {
		p.Delay(zkproxy.ToServer, upTo(random, 200*time.Millisecond))
		p.Delay(zkproxy.ToClient, upTo(random, 200*time.Millisecond))
	}},
	{"in small pieces", func(p *zkproxy.Proxy, random *rand.Rand) {
		p.Pieces(zkproxy.ToServer, 10+random.IntN(50))
		p.Pieces(zkproxy.ToClient, 10+random.IntN(50))
	}},
	{"cut and refused", func(p *zkproxy.Proxy, _ *rand.Rand) { p.Refuse(); p.Cut() }},
	{"cut, and new ones hang", func(p *zkproxy.Proxy, _ *rand.Rand) { p.Hang(); p.Cut() }},
}

// breakConnections causes one fault after the other in the connections to one server.
func (x *chaos) breakConnections(ctx context.Context, p *zkproxy.Proxy, random *rand.Rand) {
	for {
		pauseFor(ctx, upTo(random, time.Second))
		if ctx.Err() != nil {
			return
		}
		fault, lasts := netFaults[random.IntN(len(netFaults))], spell(random)
		x.note("connections by way of %s: %s, for %v", p.Addr(), fault.name, lasts)
		fault.do(p, random)
		pauseFor(ctx, lasts)
		if strings.HasSuffix(fault.name, "lost") {
			p.Cut() // a TCP connection cannot go on after losing bytes
		}
		p.Heal()
	}
}

func upTo(random *rand.Rand, d time.Duration) time.Duration {
	return time.Duration(random.Int64N(int64(d)))
}
