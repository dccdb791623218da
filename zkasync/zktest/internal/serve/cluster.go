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

// Config configures a cluster. It does not change.
type Config struct {
	history.Config
	MinTimeout, MaxTimeout time.Duration     // of sessions
	MaxRequest             int               // in bytes
	MaxConns               int               // from one address; 0: any number
	Buffer                 int               // of a connection in memory, in bytes, each way
	Record                 int               // how many requests to record
	Demanded               []string          // schemes; a client must have authenticated by one of them; empty: no need
	EnsembleNames          []string          // that the scheme "ensemble" accepts; empty: the scheme is unknown
	SuperDigest            string            // the id of the superuser, "" if there is none
	SASLUsers              map[string]string // passwords by name; empty: no SASL
	TLS                    *tls.Config       // nil: none
	Forgets                bool              // every session that is offered is replaced by a new one

	// Word answers a four-letter word, with the lock held. It returns false if there is no such word.
	Word func(s *Server, word string) (answer string, known bool)
}

// ErrClosed is the error of a server that has been closed.
var ErrClosed = errors.New("zktest: the server is closed")

// Cluster is a number of servers with one history and its lock.
type Cluster struct {
	*history.History
	cfg     *Config
	servers []*Server

	live      map[*conn]bool // connections that are not closed yet, even if their servers have forgotten them
	unsent    []*conn        // connections with answers that their writers do not have yet
	resumable []*conn        // connections whose requests no longer wait; goOn resumes them, when no transaction is being applied
	scratch   request        // the request that is being processed

	record    record
	faults    []*Injected
	replaced  map[int64]bool       // sessions that are replaced by new ones when they are offered
	thawed    sync.Cond            // wakes frozen connections
	intercept func(Request) Action // nil: none
}

// NewCluster returns a cluster whose servers all begin with copies of a tree. The last ones are observers. The first one leads.
func NewCluster(cfg *Config, tree *znode.Tree, servers, observers int) *Cluster {
	w := &Cluster{
		cfg:      cfg,
		replaced: make(map[int64]bool),
		live:     make(map[*conn]bool),
		record:   record{limit: cfg.Record},
	}
	w.History = history.New(&cfg.Config, w.goOn)
	w.thawed.L = &w.Mutex
	for range servers {
		s := w.newServer()
		s.Replica = w.Add(tree.Clone(), s.addr, s)
	}
	w.Form(observers)
	return w
}

// Servers returns the servers. The first one has the number 1.
func (w *Cluster) Servers() []*Server { return w.servers }

// goOn is called before the lock is released. It resumes connections whose requests have waited, and passes on what was written
// under the lock.
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

// Close ends all connections and stops listening. When it returns, all goroutines have ended. The caller must not hold the lock.
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

// Wait waits until done, which it calls with the lock held, returns true. It fails with ErrClosed, or when ctx ends. The caller must
// not hold the lock.
func (w *Cluster) Wait(ctx context.Context, done func() bool) error {
	err := w.Until(ctx, done)
	if errors.Is(err, timed.ErrEnded) {
		return ErrClosed
	}
	return err
}

// Intercept makes f decide about every request, except pings and credentials, before it is processed. f is called without the lock.
// A nil f ends that.
func (w *Cluster) Intercept(f func(Request) Action) { w.intercept = f }

// Replace makes a server replace a session by a new one when it is next offered.
func (w *Cluster) Replace(session int64) { w.replaced[session] = true }
