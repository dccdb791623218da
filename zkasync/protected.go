package zkasync

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// protect returns the prefix, and the path with that prefix in front of its last name. Without one of the caller's own, the
// prefix is random and in Curator's form, "_c_" + UUID + "-" (ProtectedUtils), by which Curator's recipes recognize the
// owner of a znode.
func protect(path, own string) (prefix, protected string) {
	if prefix = own; prefix == "" {
		prefix = randomPrefix()
	}
	cut := strings.LastIndexByte(path, '/') + 1
	return prefix, path[:cut] + prefix + path[cut:]
}

func randomPrefix() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return fmt.Sprintf("_c_%x-%x-%x-%x-%x-", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}

// ProtectedError is the cause of a failed [Protected] create whose znode may have been created nevertheless. To find
// out, look for a sibling whose name starts with Prefix.
type ProtectedError struct {
	Prefix string // of the znode's name
	Err    error  // why that could not be found out
}

// Error names the prefix.
func (e *ProtectedError) Error() string {
	return fmt.Sprintf("a znode whose name begins with %s may have been created: %s", e.Prefix, bare(e.Err))
}

// Unwrap returns Err.
func (e *ProtectedError) Unwrap() error { return e.Err }

// search looks for the znode, on a later connection. The leader accepts nothing more from the earlier connection
// (SessionMovedException), and the sync makes this server catch up with all that the leader has accepted: so a znode that is
// not there was not created. A name without a number is known in full, and can be asked for even if siblings may not be listed.
func (s *steppedCreate) search() {
	synced := ask(&s.c.view, s.ctx, nil, syncKind, wire.ParentOf(s.path))
	if !s.spec.sequential {
		s.confirm(s.path, synced)
		return
	}
	ask(&s.c.view, s.ctx, nil, childrenKind, wire.ParentOf(s.path)).OnDone(func(siblings Children, err error) {
		s.searched(siblings, synced, err)
	})
}

// isOld reports whether a read after a sync is no answer, because a server without a quorum accepts no sync.
func isOld(synced *future.Future[string]) bool {
	if !synced.Ready() {
		return false
	}
	_, err := synced.Result()
	return errors.Is(err, ErrNotReadOnly)
}

func (s *steppedCreate) searched(siblings Children, synced *future.Future[string], err error) {
	switch {
	case isOld(synced):
		s.unanswered(ErrNotReadOnly, s.search)
	case isNoNode(err):
		s.create() // which finds out about the parent
	case err != nil:
		s.unanswered(err, s.search)
	default:
		if name := s.named(siblings); name != "" {
			s.confirm(name, synced)
			return
		}
		s.create()
	}
}

// named returns the path of the sibling that has the prefix, or "" if there is none.
func (s *steppedCreate) named(siblings Children) string {
	for _, name := range siblings.Names {
		if strings.HasPrefix(name, s.prefix) {
			return join(wire.ParentOf(s.path), name)
		}
	}
	return ""
}

// confirm reads the stat of the znode that was found. One that belongs to an earlier session will go away with it, and
// must not be mistaken for this session's (CURATOR-498).
func (s *steppedCreate) confirm(path string, synced *future.Future[string]) {
	ask(&s.c.view, s.ctx, nil, existsKind, path).OnDone(func(st *zk.Stat, err error) {
		switch {
		case isOld(synced):
			s.unanswered(ErrNotReadOnly, s.search)
		case err != nil:
			s.unanswered(err, s.search)
		case st == nil && s.spec.sequential:
			s.failUnknown(zk.ErrNoNode) // created, but deleted by somebody since
		case st == nil:
			s.create()
		case s.spec.ephemeral && st.EphemeralOwner != s.c.Session().ID:
			s.removeStranger(path)
		default:
			s.promise.Resolve(Created{Path: path, Stat: *st})
		}
	})
}

func (s *steppedCreate) removeStranger(path string) {
	s.c.delete(s.ctx, nil, path, AnyVersion).OnDone(func(_ future.Void, err error) {
		if err != nil && !isNoNode(err) {
			s.unanswered(err, s.search)
			return
		}
		s.create()
	})
}

// unanswered handles a query without an answer: it calls again on the next connection, or after a pause if the server
// throttles or has no quorum. Otherwise the outcome cannot be found out, and the znode, if there is one, is deleted.
func (s *steppedCreate) unanswered(err error, again func()) {
	end := s.looking.lostWith(err)
	switch {
	case end != nil:
		s.abandon(end)
	case isThrottled(err), errors.Is(err, ErrNotReadOnly):
		s.pauses++
		s.c.pauses.add(s.ctx, s.c.cfg.retry.throttlePause(s.c.cfg.draw, s.pauses), func(why error) {
			if why == nil {
				again()
				return
			}
			s.abandon(why)
		})
	case mayAskAgain(err):
		again()
	default:
		s.abandon(err)
	}
}

// abandon fails the create, and has its znode deleted if it was created: a znode that nobody knows of would be first in
// the queue of a lock forever. If the server refuses to say whether the znode exists, it stays.
func (s *steppedCreate) abandon(err error) {
	s.failUnknown(err)
	if !errors.Is(err, ErrClosed) && !errors.Is(err, ErrAuthFailed) {
		g := *s
		g.ctx = nil // the caller's deadline no longer applies
		g.takeBack()
	}
}

// takeBack looks for the znode and deletes it, in the background: as long as the session lives or, if the znode is not
// ephemeral, as long as the client runs. It holds no goroutine.
func (s *steppedCreate) takeBack() {
	if !s.spec.sequential {
		s.takeBackAt(s.path)
		return
	}
	synced := ask(&s.c.view, nil, nil, syncKind, wire.ParentOf(s.path))
	ask(&s.c.view, nil, nil, childrenKind, wire.ParentOf(s.path)).OnDone(func(siblings Children, err error) {
		if isOld(synced) {
			err = ErrNotReadOnly
		}
		if err != nil {
			s.notTakenBack(err)
			return
		}
		if name := s.named(siblings); name != "" {
			s.takeBackAt(name)
		}
	})
}

func (s *steppedCreate) takeBackAt(path string) {
	s.c.delete(context.Background(), nil, path, AnyVersion).OnDone(func(_ future.Void, err error) {
		if err != nil {
			s.notTakenBack(err)
		}
	})
}

func (s *steppedCreate) notTakenBack(err error) {
	expired := errors.Is(err, ErrSessionExpired)
	end := s.looking.lostWith(err)
	switch {
	case isNoNode(err), errors.Is(err, ErrClosed), errors.Is(err, ErrAuthFailed), expired && s.spec.ephemeral:
	case isThrottled(err), errors.Is(err, ErrNotReadOnly):
		s.pauses++
		s.c.pauses.add(context.Background(), s.c.cfg.retry.throttlePause(s.c.cfg.draw, s.pauses), func(why error) {
			if why == nil {
				s.takeBack()
			}
		})
	case end == nil && (expired || mayAskAgain(err)):
		s.takeBack()
	default:
		s.c.log(slog.LevelWarn, "the znode of a create that was given up may be left", "path", s.path, "error", err)
	}
}

// failUnknown fails a create that was sent but not answered.
func (s *steppedCreate) failUnknown(err error) {
	e := stepError("create", s.asked, err, true)
	e.Outcome, e.Err = OutcomeUnknown, &ProtectedError{Prefix: s.prefix, Err: e.Err}
	s.promise.Reject(e)
}
