package recipe

import (
	"context"
	"sync/atomic"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// Mutex is a lock that one contender holds at a time, in the order of arrival (kazoo: Lock, Curator: InterProcessMutex).
//
// It is fair, also towards kazoo and Curator, and each waiter watches only the one in front of it: an unlock wakes one
// waiter. Locking takes two round trips, unlocking one. A value contends once at a time; it is safe for concurrent use.
type Mutex struct {
	s side
}

// NewMutex returns a lock on the children of path, which is created if it is missing. Nothing is sent.
func NewMutex(c *zkasync.Client, path string, opts ...Option) *Mutex {
	cfg := newConfig(opts)
	return &Mutex{s: side{c: c, path: path, cfg: cfg, role: cfg.naming.mutex()}}
}

// side is one way to contend: a mutex, or a side of a read-write lock.
type side struct {
	c    *zkasync.Client
	path string
	cfg  config
	role role

	busy atomic.Bool
}

// contend makes an attempt; only one is allowed at a time.
func (s *side) contend(ctx context.Context, op string, data []byte, try bool) *future.Future[*Held] {
	if s.busy.Swap(true) {
		return failed[*Held](s.c, op, s.path, ErrInUse)
	}
	q := &claim{c: s.c, cfg: s.cfg, op: op, dir: s.path, role: s.role, data: data, try: try, ctx: ctx}
	q.done = s.free
	return q.begin()
}

func (s *side) free() { s.busy.Store(false) }

func (s *side) lock(ctx context.Context) *future.Future[*Held] {
	return s.contend(ctx, "lock", []byte(s.cfg.id), false)
}

func (s *side) tryLock(ctx context.Context) *future.Future[*Held] {
	return s.contend(ctx, "try lock", []byte(s.cfg.id), true)
}

// contenders reads the queue for an operation of that name.
func (s *side) contenders(ctx context.Context, op string) *future.Future[[]Contender] {
	if s.cfg.err != nil {
		return failed[[]Contender](s.c, op, s.path, s.cfg.err)
	}
	return contenders(ctx, s.c, s.path, s.role)
}

// Lock waits for the lock, as long as it takes, across lost connections and sessions. If ctx is done first, the future
// fails with its cause, and nothing is left behind: see [Error.Removed]. It gives up by itself, with a
// [zkasync.GivenUpError], only if several connections in a row are lost at the create of a znode with more than 1 KiB.
func (m *Mutex) Lock(ctx context.Context) *future.Future[*Held] { return m.s.lock(ctx) }

// TryLock acquires the lock if nobody holds it or waits for it, and otherwise fails with [ErrLocked].
func (m *Mutex) TryLock(ctx context.Context) *future.Future[*Held] { return m.s.tryLock(ctx) }

// Contenders returns the holder followed by those who wait, in order.
func (m *Mutex) Contenders(ctx context.Context) *future.Future[[]Contender] {
	return m.s.contenders(ctx, "contenders")
}

// RWMutex is a lock held by one writer or by any number of readers (kazoo: WriteLock and ReadLock, Curator:
// InterProcessReadWriteLock). A reader waits for the writers that came before it.
type RWMutex struct {
	read, write side
}

// NewRWMutex returns a read-write lock on the children of path, which is created if it is missing. Nothing is sent.
func NewRWMutex(c *zkasync.Client, path string, opts ...Option) *RWMutex {
	cfg := newConfig(opts)
	return &RWMutex{
		read:  side{c: c, path: path, cfg: cfg, role: cfg.naming.read()},
		write: side{c: c, path: path, cfg: cfg, role: cfg.naming.write()},
	}
}

// Lock is [Mutex.Lock] for the writer's side.
func (m *RWMutex) Lock(ctx context.Context) *future.Future[*Held] { return m.write.lock(ctx) }

// TryLock is [Mutex.TryLock] for the writer's side.
func (m *RWMutex) TryLock(ctx context.Context) *future.Future[*Held] { return m.write.tryLock(ctx) }

// RLock is [Mutex.Lock] for the readers' side. A reader's fence is greater than those of all earlier writers.
func (m *RWMutex) RLock(ctx context.Context) *future.Future[*Held] { return m.read.lock(ctx) }

// TryRLock is [Mutex.TryLock] for the readers' side.
func (m *RWMutex) TryRLock(ctx context.Context) *future.Future[*Held] { return m.read.tryLock(ctx) }

// Contenders returns the holders followed by those who wait, readers and writers, in order.
func (m *RWMutex) Contenders(ctx context.Context) *future.Future[[]Contender] {
	return m.write.contenders(ctx, "contenders")
}
