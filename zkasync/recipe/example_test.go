package recipe_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// demo is a client of a server in this process. Your program has zkasync.Connect(ctx, "zk1:2181,zk2:2181").
func demo() (c *zkasync.Client, end func()) {
	srv, err := zktest.New()
	if err != nil {
		panic(err)
	}
	c, err = zkasync.Connect(context.Background(), srv.Addr(), srv.Options()...)
	if err != nil {
		panic(err)
	}
	return c, func() {
		_ = c.Close()
		srv.Close()
	}
}

func ExampleMutex() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	held, err := recipe.NewMutex(c, "/locks/report").Lock(ctx).Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer held.Unlock()

	select {
	case <-held.Done(): // stop: it may be somebody else's now
		fmt.Println(context.Cause(held.Context()))
	default:
		fmt.Println("working")
	}
	// Output: working
}

// What can be had at once, and who has it otherwise.
func ExampleMutex_TryLock() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	mine := recipe.NewMutex(c, "/lock", recipe.WithIdentifier("host1"))
	held, err := mine.TryLock(ctx).Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	other := recipe.NewMutex(c, "/lock")
	_, err = other.TryLock(ctx).Get(ctx)
	fmt.Println(errors.Is(err, recipe.ErrLocked), err)
	all, err := other.Contenders(ctx).Get(ctx)
	fmt.Println(len(all), all[0].Identifier, err)
	held.Unlock()
	_, err = other.TryLock(ctx).Get(ctx)
	fmt.Println(err)
	// Output:
	// true recipe: try lock /lock: somebody else has it
	// 1 host1 <nil>
	// <nil>
}

// Give up waiting after a while. Nothing is left in the queue, also if the connection is lost at that moment.
func ExampleMutex_Lock() {
	c, end := demo()
	defer end()
	ctx := context.Background()
	if _, err := recipe.NewMutex(c, "/lock").Lock(ctx).Get(ctx); err != nil {
		fmt.Println(err)
		return
	}

	short, cancel := context.WithCancel(ctx)
	waiting := recipe.NewMutex(c, "/lock").Lock(short)
	cancel() // as a deadline would
	_, err := waiting.Get(ctx)
	fmt.Println(err)
	var e *recipe.Error
	if errors.As(err, &e) && e.Removed != nil {
		_, err = e.Removed.Get(ctx) // for who wants to know
		fmt.Println(err)
	}
	// Output:
	// recipe: lock /lock: context canceled
	// <nil>
}

// Writes that ZooKeeper refuses when the lock is somebody else's by now, and a number for other stores.
func ExampleHeld_Multi() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	held, err := recipe.NewMutex(c, "/lock").Lock(ctx).Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = held.Multi(ctx, zkasync.CreateOp("/balance", []byte("10"))).Get(ctx)
	fmt.Println(err, held.Fence() > 0)

	if _, err := c.Delete(ctx, held.Path(), zkasync.AnyVersion).Get(ctx); err != nil { // somebody cleans up
		fmt.Println(err)
	}
	_, err = held.Multi(ctx, zkasync.SetOp("/balance", []byte("20"), zkasync.AnyVersion)).Get(ctx)
	fmt.Println(errors.Is(err, recipe.ErrNotHeld))
	<-held.Done()
	fmt.Println(context.Cause(held.Context()))
	// Output:
	// <nil> true
	// true
	// its znode was deleted
}

func ExampleRWMutex() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	one, two, writer := recipe.NewRWMutex(c, "/rw"), recipe.NewRWMutex(c, "/rw"), recipe.NewRWMutex(c, "/rw")
	r1, err := one.RLock(ctx).Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	r2, err := two.TryRLock(ctx).Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = writer.TryLock(ctx).Get(ctx)
	fmt.Println(errors.Is(err, recipe.ErrLocked))
	waiting := writer.Lock(ctx)
	r1.Unlock()
	r2.Unlock()
	w, err := waiting.Get(ctx)
	fmt.Println(err)
	all, err := one.Contenders(ctx).Get(ctx)
	fmt.Println(len(all), all[0].Path == w.Path(), err)
	// Output:
	// true
	// <nil>
	// 1 true <nil>
}

// Lead while it lasts, and follow whoever leads.
func ExampleElection() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	e := recipe.NewElection(c, "/election")
	lead, err := e.Campaign(ctx, []byte("10.0.0.1:8080")).Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	leaders := e.Observe(ctx)
	defer leaders.Close()
	for leader, err := range leaders.All(ctx) { // goes on until ctx ends
		fmt.Println(leader.Identifier, leader.Fence == lead.Fence(), err)
		break
	}
	leader, err := e.Leader(ctx).Get(ctx)
	fmt.Println(leader.Identifier, err)
	all, err := e.Candidates(ctx).Get(ctx)
	fmt.Println(len(all), err)
	lead.Unlock()
	fmt.Println(context.Cause(lead.Context()))
	// Output:
	// 10.0.0.1:8080 true <nil>
	// 10.0.0.1:8080 <nil>
	// 1 <nil>
	// it was given back
}

// Follow whoever leads in select, or by a callback.
func ExampleElection_Observe() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	e := recipe.NewElection(c, "/election")
	if _, err := e.Campaign(ctx, []byte("10.0.0.1:8080")).Get(ctx); err != nil {
		fmt.Println(err)
		return
	}
	leaders := e.Observe(ctx)
	defer leaders.Close()
	select {
	case leader := <-leaders.C():
		fmt.Println("channel:", leader.Identifier)
	case <-leaders.Done():
		fmt.Println(leaders.Err())
	}
	called := make(chan struct{})
	leaders.OnChange(func(leader recipe.Contender) {
		fmt.Println("callback:", leader.Identifier)
		close(called)
	})
	<-called
	latest, known := leaders.Latest()
	fmt.Println("at once:", latest.Identifier, known)
	// Output:
	// channel: 10.0.0.1:8080
	// callback: 10.0.0.1:8080
	// at once: 10.0.0.1:8080 true
}

// Beside programs that use kazoo; a short outage does not end the lock, and only its holders may see its queue.
func ExampleWithNaming() {
	c, end := demo()
	defer end()
	ctx := context.Background()
	m := recipe.NewMutex(c, "/lock", recipe.WithNaming(recipe.Kazoo), recipe.WithLease(recipe.UntilLost),
		recipe.WithACL(zk.WorldACL(zk.PermAll)))
	held, err := m.Lock(ctx).Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	path := held.Path()
	fmt.Println(len(path) == len("/lock/0123456789abcdef0123456789abcdef__lock__0000000000"), path[len(path)-18:])
	// Output: true __lock__0000000000
}

func ExampleUpdate() {
	c, end := demo()
	defer end()
	ctx := context.Background()
	node, err := recipe.Update(ctx, c, "/config/limit", func(old []byte) ([]byte, error) {
		if old == nil {
			return []byte("100"), nil // there was none
		}
		n, err := strconv.Atoi(string(old))
		return strconv.AppendInt(nil, int64(n*2), 10), err
	}).Get(ctx)
	fmt.Println(string(node.Data), err)
	// Output: 100 <nil>
}

func ExampleCounter() {
	c, end := demo()
	defer end()
	ctx := context.Background()
	n := recipe.NewCounter(c, "/visits", recipe.Int64) // Curator's DistributedAtomicLong
	if _, err := n.Add(ctx, 41).Get(ctx); err != nil {
		fmt.Println(err)
		return
	}
	sum, err := n.Add(ctx, 1).Get(ctx)
	fmt.Println(sum, err)
	sum, err = n.Get(ctx).Get(ctx)
	fmt.Println(sum, err)
	// Output:
	// 42 <nil>
	// 42 <nil>
}

// Register a service, follow its peers, and leave.
func ExampleGroup() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	g := recipe.NewGroup(c, "/services/web")
	me := g.Join("host1", []byte("10.0.0.1:80"))
	if _, err := me.Ready().Get(ctx); err != nil {
		fmt.Println(err)
		return
	}
	for members, err := range g.Watch(ctx) { // goes on for as long as the program runs
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, m := range members {
			fmt.Printf("%s %s\n", m.Name, m.Data)
		}
		break
	}
	me.Close()
	members, err := g.Members(ctx).Get(ctx)
	fmt.Println(len(members), err)
	// Output:
	// host1 10.0.0.1:80
	// 0 <nil>
}

// A znode that is there for as long as the program is, whoever deletes it.
func ExampleKeepNode() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	n := recipe.KeepNode(c, "/hosts/host1", []byte("starting"))
	if _, err := n.SetData([]byte("ready")).Get(ctx); err != nil {
		fmt.Println(err)
		return
	}
	node, err := c.Get(ctx, n.Path()).Get(ctx)
	fmt.Println(string(node.Data), node.Stat.EphemeralOwner == c.Session().ID, err)
	// Output: ready true <nil>
}

// A program that is started anew need not wait for the session of the one before.
func ExampleTakeOver() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	n := recipe.KeepNode(c, "/hosts/host1", []byte("10.0.0.1:80"), recipe.TakeOver())
	_, err := n.Ready().Get(ctx)
	fmt.Println(n.Path(), err)
	// Output: /hosts/host1 <nil>
}

// Several of one name, told apart by the server's number.
func ExampleKeepNumbered() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	one, two := recipe.KeepNumbered(c, "/hosts/worker", nil), recipe.KeepNumbered(c, "/hosts/worker", nil)
	_, err := future.All(one.Ready(), two.Ready()).Get(ctx)
	fmt.Println(strings.HasSuffix(one.Path(), "-worker0000000000"), strings.HasSuffix(two.Path(), "-worker0000000001"), err)
	// Output: true true <nil>
}

// A group in memory, beside other things that happen.
func ExampleGroup_Roster() {
	c, end := demo()
	defer end()

	g := recipe.NewGroup(c, "/services/web")
	peers := g.Roster(context.Background())
	defer peers.Close()
	g.Join("host1", []byte("10.0.0.1:80"))

	timeout := time.After(10 * time.Second)
	for {
		changed := peers.Changed() // before Latest, so that nothing is missed
		if members, _ := peers.Latest(); len(members) > 0 {
			fmt.Println(members[0].Name, string(members[0].Data))
			return
		}
		select {
		case <-changed.Done():
		case <-timeout:
			fmt.Println("nobody came")
			return
		}
	}
	// Output: host1 10.0.0.1:80
}

// A group after each change.
func ExampleRoster_All() {
	c, end := demo()
	defer end()

	g := recipe.NewGroup(c, "/services/web")
	g.Join("host1", []byte("10.0.0.1:80"))
	peers := g.Roster(context.Background())
	for members, err := range peers.All(context.Background()) {
		if err == nil && len(members) == 1 {
			fmt.Println(members[0].Name)
			peers.Close()
		}
	}
	fmt.Println(peers.Err())
	// Output:
	// host1
	// recipe: watch group /services/web: it was given back
}

// What is made of a group need be made once for each change.
func ExampleRoster_At() {
	c, end := demo()
	defer end()

	peers := recipe.NewGroup(c, "/services/web").Roster(context.Background())
	defer peers.Close()
	<-peers.Changed().Done() // the first list
	_, before, known := peers.At()
	_, again, _ := peers.At()
	fmt.Println(known, before == again)
	// Output: true true
}

// Whoever has changed permissions can have all read again at once.
func ExampleRoster_Refresh() {
	c, end := demo()
	defer end()

	peers := recipe.NewGroup(c, "/services/web").Roster(context.Background())
	defer peers.Close()
	<-peers.Changed().Done()
	peers.Refresh()
	members, known := peers.Latest()
	fmt.Println(len(members), known)
	// Output: 0 true
}

// Three at a time, here and in all other processes.
func ExampleSemaphore() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	s := recipe.NewSemaphore(c, "/semaphore", 3)
	for range 3 {
		if _, err := s.Acquire(ctx).Get(ctx); err != nil {
			fmt.Println(err)
			return
		}
	}
	short, cancel := context.WithCancel(ctx)
	fourth := s.Acquire(short)
	fmt.Println(fourth.Ready())
	cancel()
	_, err := fourth.Get(ctx)
	fmt.Println(errors.Is(err, context.Canceled))
	// Output:
	// false
	// true
}

// Write, and go on reading what was written before anybody else writes.
func ExampleRWMutex_Downgrade() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	m := recipe.NewRWMutex(c, "/rw")
	writer, err := m.Lock(ctx).Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	reader, err := m.Downgrade(ctx, writer).Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer reader.Unlock()
	other, err := recipe.NewRWMutex(c, "/rw").TryRLock(ctx).Get(ctx)
	fmt.Println(other.Context().Err(), err, context.Cause(writer.Context()))
	// Output: <nil> <nil> it was given back
}

// Hold everybody up until something is done.
func ExampleBarrier() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	b := recipe.NewBarrier(c, "/migration")
	if _, err := b.Set(ctx).Get(ctx); err != nil {
		fmt.Println(err)
		return
	}
	waiting := b.Wait(ctx) // here and in other processes
	fmt.Println(waiting.Ready())
	if _, err := b.Remove(ctx).Get(ctx); err != nil {
		fmt.Println(err)
		return
	}
	_, err := waiting.Get(ctx)
	fmt.Println(err)
	// Output:
	// false
	// <nil>
}

// Two that begin together and end together.
func ExampleDoubleBarrier() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	one, two := recipe.NewDoubleBarrier(c, "/step1", 2), recipe.NewDoubleBarrier(c, "/step1", 2)
	first, second := one.Enter(ctx), two.Enter(ctx)
	_, err := first.Get(ctx)
	fmt.Println(err)
	_, err = second.Get(ctx)
	fmt.Println(err)
	first, second = one.Leave(ctx), two.Leave(ctx)
	_, err = first.Get(ctx)
	fmt.Println(err)
	_, err = second.Get(ctx)
	fmt.Println(err)
	// Output:
	// <nil>
	// <nil>
	// <nil>
	// <nil>
}

// An hourly job that is started on several hosts and runs on one, the same one as long as that is there.
func ExampleTimedLease() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	mine := recipe.NewTimedLease(c, "/leases/cleanup", 70*time.Minute, recipe.WithIdentifier("host1"))
	until, err := mine.Obtain(ctx).Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	work, cancel := context.WithDeadline(ctx, until.Add(-5*time.Minute)) // the clocks may differ
	defer cancel()
	fmt.Println(work.Err(), time.Until(until) > 69*time.Minute)

	other := recipe.NewTimedLease(c, "/leases/cleanup", time.Hour, recipe.WithIdentifier("host2"))
	_, err = other.Obtain(ctx).Get(ctx)
	var taken *recipe.LeaseTakenError
	if errors.As(err, &taken) {
		fmt.Println(taken.Holder, taken.End.Equal(until))
	}
	_, err = mine.Obtain(ctx).Get(ctx) // renewed
	fmt.Println(err)
	// Output:
	// <nil> true
	// host1 true
	// <nil>
}

// Two hosts at a time.
func ExampleNewTimedLeases() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	for _, host := range []string{"host1", "host2", "host3"} {
		l := recipe.NewTimedLeases(c, "/leases/worker", 2, time.Hour, recipe.WithIdentifier(host))
		_, err := l.Obtain(ctx).Get(ctx)
		fmt.Println(host, err == nil, errors.Is(err, recipe.ErrLocked))
	}
	// Output:
	// host1 true false
	// host2 true false
	// host3 false true
}
