package load

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-zookeeper/zk"
)

// Blocking measures go-zookeeper, with a goroutine for each request in flight that waits for the answer.
type Blocking struct {
	conn   *zk.Conn
	chroot string
	ended  chan struct{} // closed by drainEvents when go-zookeeper's own loop has ended
}

// quiet is a logger that discards what go-zookeeper logs.
type quiet struct{}

func (quiet) Printf(string, ...any) {}

// Credential is what a client authenticates itself with.
type Credential struct {
	Scheme string
	Value  []byte
}

// OpenBlocking connects go-zookeeper to servers, "host:port,host:port/chroot". It waits for the session until ctx ends.
func OpenBlocking(ctx context.Context, servers string, session time.Duration, auth []Credential) (*Blocking, error) {
	hosts, chroot, _ := strings.Cut(servers, "/")
	if chroot != "" {
		chroot = "/" + chroot // go-zookeeper has no chroots, so call puts it in front of each path
	}
	conn, events, err := zk.Connect(strings.Split(hosts, ","), session, zk.WithLogger(quiet{}), zk.WithLogInfo(false))
	if err != nil {
		return nil, fmt.Errorf("go-zookeeper: %w", err)
	}
	b := &Blocking{conn: conn, chroot: chroot, ended: make(chan struct{})}
	ready := make(chan struct{})
	go b.drainEvents(events, ready)
	select {
	case <-ready:
	case <-ctx.Done():
		b.Close()
		return nil, fmt.Errorf("go-zookeeper: no session: %w", context.Cause(ctx))
	}
	for _, a := range auth {
		if err := conn.AddAuth(a.Scheme, a.Value); err != nil {
			b.Close()
			return nil, fmt.Errorf("go-zookeeper: auth %s: %w", a.Scheme, err)
		}
	}
	return b, nil
}

// drainEvents reads go-zookeeper's events until their channel is closed, which is the only sign that its loop has ended. It
// closes ready when there is a session.
func (b *Blocking) drainEvents(events <-chan zk.Event, ready chan struct{}) {
	defer close(b.ended)
	for e := range events {
		if e.State == zk.StateHasSession && ready != nil {
			close(ready)
			ready = nil
		}
	}
}

// Close ends the session and waits until go-zookeeper's loop has ended.
func (b *Blocking) Close() {
	b.conn.Close()
	<-b.ended
}

func (b *Blocking) Name() string { return "go-zookeeper" }

func (b *Blocking) run(ctx context.Context, w *Work, depth int, lim limit, r *recorder) (int64, error) {
	defer context.AfterFunc(ctx, b.conn.Close)() // its calls take no context, but they end with the connection
	var tickets atomic.Int64
	var workers sync.WaitGroup
	results := make([]workerResult, depth)
	for i := range results {
		workers.Go(func() { results[i] = b.work(ctx, i, w, &tickets, lim, r) })
	}
	workers.Wait()
	var done int64
	var errs []error
	for _, result := range results {
		done += result.done
		errs = append(errs, result.err)
	}
	if ctx.Err() != nil {
		return done, context.Cause(ctx)
	}
	return done, errors.Join(errs...)
}

type workerResult struct {
	done int64
	err  error
}

// work runs on each of the goroutines: it makes one blocking call after the other.
func (b *Blocking) work(ctx context.Context, number int, w *Work, tickets *atomic.Int64, lim limit, r *recorder) (result workerResult) {
	started := time.Now()
	for ctx.Err() == nil {
		i := tickets.Add(1) - 1
		if lim.over(i, started) {
			break
		}
		if result.err = b.call(w, i); result.err != nil {
			break
		}
		now := time.Now()
		r.record(number, now.Sub(started))
		result.done++
		started = now
	}
	return result
}

func (b *Blocking) call(w *Work, i int64) (err error) {
	switch w.op {
	case Set:
		_, err = b.conn.Set(b.chroot+w.key(i), w.data, -1)
	case Create:
		_, err = b.conn.Create(b.chroot+w.fresh(), w.data, 0, zk.WorldACL(zk.PermAll))
	default:
		_, _, err = b.conn.Get(b.chroot + w.key(i))
	}
	return err
}
