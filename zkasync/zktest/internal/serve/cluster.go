package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"sync"
	"time"

	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/history"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/timed"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/znode"
)

// Config is what a cluster is made with; it does not change.
type Config struct {
	history.Config
	MinTimeout, MaxTimeout time.Duration // of sessions
	MaxRequest             int           // bytes
	MaxConns               int           // of one address; 0: any number
	Buffer                 int           // bytes of a connection in memory, each way
	Record                 int           // requests
	MustAuthenticate       bool
	SuperDigest            string // the id of the superuser, "" if there is none
	SASLUsers              map[string]string
	TLS                    *tls.Config // nil: none
	Forgets                bool        // sessions that are offered are replaced, always

	// Word answers a four-letter word with the lock held; false if it is none.
	Word func(s *Server, word string) (answer string, known bool)
}

// ErrClosed is what a server says that has been closed.
var ErrClosed = errors.New("zktest: the server is closed")

// Cluster is servers with one history, whose lock is theirs.
type Cluster struct {
	*history.History
	cfg     *Config
	servers []*Server

	live      map[*conn]bool // connections that are not closed yet, forgotten or not
	unsent    []*conn        // have answers that are still to be handed to their writers
	resumable []*conn        // have requests that need not wait any longer; not at once, since a transaction is being applied
	scratch   request        // the request that is being processed

	record    record
	faults    []*Injected
	replaced  map[int64]bool       // sessions that are replaced when they are offered
	thawed    sync.Cond            // wakes frozen connections
	intercept func(Request) Action // nil: none
}

// NewCluster returns servers that all begin with a tree; the last ones of them are observers. The first one leads.
func NewCluster(cfg *Config, tree *znode.Tree, servers, observers int) *Cluster {
	w := &Cluster{
		cfg:      cfg,
		replaced: make(map[int64]bool),
		live:     make(map[*conn]bool),
		record:   record{limit: cfg.Record},
	}
	w.History = history.New(&cfg.Config, w.goOn)
	w.thawed.L = &w.Mutex
	for i := range servers {
		w.addServer(tree.Clone(), i >= servers-observers)
	}
	w.Form()
	return w
}

// Servers returns the servers, by number from 1.
func (w *Cluster) Servers() []*Server { return w.servers }

// goOn is called before the lock is given back. It goes on with connections whose requests have been waiting, and hands on
// what has been written under the lock.
func (w *Cluster) goOn() {
	for len(w.resumable) > 0 {
		c := w.resumable[0]
		w.resumable = w.resumable[1:]
		c.resume()
	}
	w.resumable = nil
	for i, c := range w.unsent {
		c.handOn()
		w.unsent[i] = nil
	}
	w.unsent = w.unsent[:0]
}

// Close ends all connections and stops listening. When it returns, all goroutines are gone. The lock is not held.
func (w *Cluster) Close() {
	w.Lock()
	w.End()
	for _, s := range w.servers {
		for l := range s.listeners {
			_ = l.Close()
		}
	}
	for c := range w.live {
		c.drop()
		c.cut()
	}
	w.thawed.Broadcast()
	w.Tell()
	w.Unlock()
	w.Running.Wait()
}

// Wait waits until done, which runs with the lock held, reports true. The lock is not held. It fails with ErrClosed, or when
// ctx ends.
func (w *Cluster) Wait(ctx context.Context, done func() bool) error {
	err := w.Until(ctx, done)
	if errors.Is(err, timed.ErrEnded) {
		return ErrClosed
	}
	return err
}

// Intercept has every request but pings and credentials shown to f before it is processed, without the lock; nil ends it.
func (w *Cluster) Intercept(f func(Request) Action) { w.intercept = f }

// Replace has a session replaced by a new one when it is offered next.
func (w *Cluster) Replace(session int64) { w.replaced[session] = true }
