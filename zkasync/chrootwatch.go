package zkasync

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zkasync/zkasync-go/internal/mux"
	"github.com/zkasync/zkasync-go/internal/watch"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// ChrootError says that an operation failed because the client's chroot does not exist, whatever its own path is. It also
// matches zk.ErrNoNode. EnsurePath(ctx, "/") creates the chroot.
//
// If the chroot is deleted while the client runs, the first failure makes the client look for it, at most once a
// second, and only later failures are ChrootErrors.
type ChrootError struct {
	Chroot string
}

// Error names the chroot.
func (e *ChrootError) Error() string {
	return fmt.Sprintf("the chroot %s does not exist", printable(e.Chroot))
}

// Unwrap returns the server's code.
func (e *ChrootError) Unwrap() error { return ServerError{wire.CodeNoNode} }

// rootWatch knows whether the chroot of a view exists.
type rootWatch struct {
	asking atomic.Bool  // a query is in progress
	found  atomic.Int64 // when it was last found, in Unix nanoseconds; 0: it was missing, or never asked for
}

// missingRoots are the chroots that are known to be missing, by the path that all views have in common. A watch set along
// with the answer "no such node" makes this exact: the server sends its event before any reply that could have another
// reason. There is one exception: servers since 3.8.4 and 3.9.2 send no event for a chroot that was made unreadable
// (ZOOKEEPER-4799), so a failure makes the client ask again.
type missingRoots struct {
	n     atomic.Int64 // of paths
	mu    sync.Mutex
	paths map[string]struct{}
}

func (m *missingRoots) has(path string) bool {
	if m.n.Load() == 0 {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	_, ok := m.paths[path]
	return ok
}

func (m *missingRoots) set(path string, missing bool) {
	if !missing && m.n.Load() == 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if missing {
		if m.paths == nil {
			m.paths = make(map[string]struct{})
		}
		m.paths[path] = struct{}{}
	} else {
		delete(m.paths, path)
	}
	m.n.Store(int64(len(m.paths)))
}

// forget is called for each new connection, which has none of the watches.
func (m *missingRoots) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.paths = nil
	m.n.Store(0)
}

// chrootPause is the minimum time between two queries for a chroot that exists.
const chrootPause = time.Second

// restoreChroot returns the query for a new connection; its reply comes before those to operations. A chroot that existed
// before is not asked for again, and those of views are asked for when one of their operations fails.
func (c *Client) restoreChroot() []mux.Request {
	c.missing.forget()
	v := &c.view
	if v.chroot == "" || v.root.found.Load() != 0 {
		return nil
	}
	v.root.asking.Store(true)
	return []mux.Request{&chrootQuery{v: v, first: true}}
}

// chrootChanged forgets that a chroot is missing: the watch has fired, or was removed with others of that path, which is
// the one that all views have in common.
func (c *Client) chrootChanged(path string) { c.missing.set(path, false) }

// serverError returns the error for a code that a server sent in reply to an operation of v.
func (v *view) serverError(code int32) error {
	if code != wire.CodeNoNode || v.chroot == "" {
		return ServerError{code}
	}
	missing := v.c.missing.has(v.shared("/"))
	v.askForChroot(missing)
	if missing {
		return &ChrootError{v.chroot}
	}
	return ServerError{code}
}

func (v *view) askForChroot(missing bool) {
	w := &v.root
	if found := w.found.Load(); found != 0 && time.Since(time.Unix(0, found)) < chrootPause || w.asking.Swap(true) {
		return
	}
	v.c.submit(&chrootQuery{v: v, watch: missing})
}

// chrootQuery asks whether the chroot exists. Only if it does not, it asks again with a watch, so that the many clients
// whose chroot exists have no watch that they did not set.
type chrootQuery struct {
	v     *view
	watch bool
	first bool // first on its connection, see Next
	claim watch.Read
	next  *chrootQuery
}

func (q *chrootQuery) Op() wire.OpCode          { return wire.OpExists }
func (q *chrootQuery) Context() context.Context { return nil }
func (q *chrootQuery) Size() int                { return 4 + wire.PathLen(q.v.chroot, "/") + 1 }

// Depart implements mux.Departing. The query relies on an existing persistent watch, which servers before 3.9 would replace.
func (q *chrootQuery) Depart() bool {
	q.claim = q.v.c.watches.Read(q.v.shared("/"), watch.Data)
	return true
}

func (q *chrootQuery) Append(b []byte) []byte {
	return wire.AppendPathWatch(b, q.v.chroot, "/", q.watch && q.claim.Flag())
}

// Fail implements mux.Request. The next connection asks again.
func (q *chrootQuery) Fail(mux.Failure) {
	q.v.root.found.Store(0)
	q.v.c.missing.set(q.v.shared("/"), false)
	q.v.root.asking.Store(false)
}

// Reply implements mux.Request. An exists that was refused for lack of permission has found the chroot, too.
func (q *chrootQuery) Reply(code int32, _ []byte) {
	w := &q.v.root
	absent := code == wire.CodeNoNode
	watched := q.watch && q.claim.Holds(watch.Data)
	q.v.c.missing.set(q.v.shared("/"), absent && watched)
	if absent || code == wire.CodeThrottled {
		w.found.Store(0)
	} else {
		w.found.Store(time.Now().UnixNano())
	}
	again := absent && !q.watch
	w.asking.Store(again)
	switch next := (&chrootQuery{v: q.v, watch: true}); {
	case again && q.first:
		q.next = next
	case again:
		q.v.c.submit(next)
	}
}

// Next implements mux.Step.
func (q *chrootQuery) Next(goOn func(mux.Request)) bool {
	if q.next == nil {
		return false
	}
	goOn(q.next)
	return true
}
