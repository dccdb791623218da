package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// The faults in this file are put to clients in use: operations are submitted before, during and after the fault.

// flow is a stream of creates.
type flow struct {
	c      client
	prefix string // of the paths

	mu       sync.Mutex
	tally    tally
	total    int
	lastDone time.Time
	gap      time.Duration // the longest time without a create that succeeded
	trouble  time.Time     // when the first one failed
	waits    sync.WaitGroup
}

func newFlow(c client, prefix string) *flow { return &flow{c: c, prefix: prefix, lastDone: time.Now()} }

func (f *flow) create(ctx context.Context) {
	f.mu.Lock()
	path := fmt.Sprintf("%s-%d", f.prefix, f.total)
	f.total++
	f.mu.Unlock()
	ended := f.c.create(ctx, path)
	f.waits.Go(func() { f.ended(<-ended) })
}

func (f *flow) ended(o outcome) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tally[o]++
	now := time.Now()
	if o == done {
		f.gap = max(f.gap, now.Sub(f.lastDone))
		f.lastDone = now
	} else if f.trouble.IsZero() {
		f.trouble = now
	}
}

// run creates znodes at a rate, for a time.
func (f *flow) run(ctx context.Context, perSecond int, lasts time.Duration) {
	tick := time.NewTicker(time.Second / time.Duration(perSecond))
	defer tick.Stop()
	for end := time.Now().Add(lasts); time.Now().Before(end) && ctx.Err() == nil; <-tick.C {
		f.create(ctx)
	}
}

// settle waits until all creates have ended, and returns their outcomes.
func (f *flow) settle() string {
	all := make(chan struct{})
	go func() { f.waits.Wait(); close(all) }()
	suffix := ""
	select {
	case <-all:
	case <-time.After(patience):
		suffix = fmt.Sprintf(", the rest not within %v", patience)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.tally.String() + suffix
}

func (f *flow) noticed(since time.Time) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.trouble.IsZero() {
		return "loss not noticed"
	}
	return fmt.Sprintf("loss noticed after %.1f s", f.trouble.Sub(since).Seconds())
}

// calls compares the order of the calls with the order in which the server applied them.
func calls(ctx context.Context, name string) (string, error) {
	s, c, err := ready(ctx, name)
	if err != nil {
		return "", err
	}
	defer s.Stop(context.Background())
	defer c.close()
	f := newFlow(c, "/flow")
	for range pending {
		f.create(ctx)
	}
	told := f.settle()
	w, err := zkasync.Connect(ctx, s.Addr())
	if err != nil {
		return "", err
	}
	defer w.Close()
	last, late := int64(0), 0
	for i := range pending {
		st, err := w.Exists(ctx, fmt.Sprintf("/flow-%d", i)).Get(ctx)
		if err != nil {
			return "", err
		}
		if st != nil && st.Czxid < last {
			late++
		}
		if st != nil {
			last = st.Czxid
		}
	}
	return fmt.Sprintf("%s; %d applied ahead of the call before them", told, late), nil
}

func frozenForLong(ctx context.Context, name string) (string, error) {
	s, c, err := ready(ctx, name)
	if err != nil {
		return "", err
	}
	defer s.Stop(context.Background())
	defer c.close()
	if err := s.Freeze(); err != nil {
		return "", err
	}
	begun, before := time.Now(), runtime.NumGoroutine()
	f := newFlow(c, "/flow")
	for range pending {
		f.create(ctx)
	}
	f.run(ctx, 500, 3*session)
	// The flow itself has one goroutine for each operation that has not ended.
	f.mu.Lock()
	waiting := f.total - f.tally[done] - f.tally[notSent] - f.tally[unknown] - f.tally[failed]
	f.mu.Unlock()
	goroutines := max(0, runtime.NumGoroutine()-before-waiting)
	if err := s.Continue(); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s; %d goroutines more; in the end %s", f.noticed(begun), goroutines, f.settle()), nil
}

func halfOpen(ctx context.Context, name string) (string, error) {
	s, p, c, err := readyByProxy(ctx, name)
	if err != nil {
		return "", err
	}
	defer s.Stop(context.Background())
	defer p.Close()
	defer c.close()
	p.Drop(zkproxy.ToServer, true)
	p.Drop(zkproxy.ToClient, true)
	begun := time.Now()
	f := newFlow(c, "/flow")
	for range pending {
		f.create(ctx)
	}
	wait(ctx, session)
	p.Cut()
	p.Heal()
	told := f.settle()
	return fmt.Sprintf("%s; %s", f.noticed(begun), told), nil
}

// leaderRun has the results of leaderKilled, by client. Both clients go through the same election, because no two elections take
// the same time.
var leaderRun map[string]string

func leaderKilled(ctx context.Context, name string) (string, error) {
	if leaderRun == nil {
		var err error
		if leaderRun, err = killLeader(ctx); err != nil {
			return "", err
		}
	}
	return leaderRun[name], nil
}

func killLeader(ctx context.Context) (map[string]string, error) {
	const size, perSecond = 3, 200
	e, err := zkserver.StartEnsemble(ctx, size)
	if err != nil {
		return nil, err
	}
	defer e.Stop(context.Background())
	leader, err := e.Leader(ctx)
	if err != nil {
		return nil, err
	}
	servers := e.Servers()
	slices.SortStableFunc(servers, func(a, b *zkserver.Server) int { return cmp.Compare(rank(a, leader), rank(b, leader)) })
	var addrs []string
	for _, s := range servers {
		addrs = append(addrs, s.Addr())
	}
	flows := make(map[string]*flow)
	for name, s := range subjects() {
		c, err := s.connect(addrs...)
		if err != nil {
			return nil, err
		}
		defer c.close()
		if _, _, err = collect([]<-chan outcome{c.create(ctx, "/first-"+name)}); err != nil {
			return nil, err
		}
		flows[name] = newFlow(c, "/"+name)
	}
	run := func(lasts time.Duration) {
		var wg sync.WaitGroup
		for _, f := range flows {
			wg.Go(func() { f.run(ctx, perSecond, lasts) })
		}
		wg.Wait()
	}
	run(time.Second)
	if err := leader.Kill(); err != nil {
		return nil, err
	}
	run(2 * session)
	results := make(map[string]string)
	for name, f := range flows {
		told := f.settle()
		results[name] = fmt.Sprintf("%s; %.1f s without success", told, f.gap.Seconds())
	}
	return results, nil
}

func rank(s, leader *zkserver.Server) int {
	if s == leader {
		return 0
	}
	return 1
}

// readyByProxy does what ready does, with a proxy between client and server.
func readyByProxy(ctx context.Context, name string) (*zkserver.Server, *zkproxy.Proxy, client, error) {
	s, err := zkserver.Start(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	p, err := zkproxy.Start(s.Addr())
	if err != nil {
		return nil, nil, nil, errors.Join(err, s.Stop(ctx))
	}
	c, err := subjects()[name].connect(p.Addr())
	if err == nil {
		_, _, err = collect([]<-chan outcome{c.create(ctx, "/first")})
	}
	if err != nil {
		return nil, nil, nil, errors.Join(err, p.Close(), s.Stop(ctx))
	}
	return s, p, c, nil
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
