package zkasync_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// sequence follows operations from their submission to their callbacks.
type sequence struct {
	mu        sync.Mutex
	completed []int // numbers of operations in the order of completion
	called    []int // numbers of operations in the order of callbacks
	wrong     []string

	submitted int
	inside    atomic.Int32 // how many callbacks are running
}

// errAnyOutcome stands for any outcome.
var errAnyOutcome = errors.New("any outcome")

// follow makes f the next operation of s, which must end with want, or succeed if want is nil.
func follow[T any](s *sequence, f *future.Future[T], want error) {
	n := s.submitted
	s.submitted++
	done := func(err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.completed = append(s.completed, n)
		if want != errAnyOutcome && !errors.Is(err, want) {
			s.wrong = append(s.wrong, fmt.Sprintf("operation %d: %v, want %v", n, err, want))
		}
	}
	future.Then(f, func(v T) (T, error) { done(nil); return v, nil })
	future.Recover(f, func(err error) (T, error) { done(err); var zero T; return zero, err })
	f.OnDone(func(T, error) {
		alone := s.inside.Add(1) == 1
		s.mu.Lock()
		s.called = append(s.called, n)
		if !alone {
			s.wrong = append(s.wrong, fmt.Sprintf("callback %d runs beside another", n))
		}
		s.mu.Unlock()
		s.inside.Add(-1)
	})
}

// check waits for all callbacks and compares both orders with that of submission.
func (s *sequence) check(t *testing.T) {
	t.Helper()
	poll(t, "all callbacks", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.called) == s.submitted
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := firstDisorder(s.completed); i >= 0 {
		t.Errorf("completion %d is of operation %d", i, s.completed[i])
	}
	if i := firstDisorder(s.called); i >= 0 {
		t.Errorf("callback %d is of operation %d", i, s.called[i])
	}
	if len(s.completed) != s.submitted {
		t.Errorf("%d completions of %d operations", len(s.completed), s.submitted)
	}
	if len(s.wrong) > 0 {
		t.Errorf("%d wrong, the first: %s", len(s.wrong), s.wrong[0])
	}
}

// firstDisorder returns the first index whose element differs from it, or -1 if there is none.
func firstDisorder(ns []int) int {
	for i, n := range ns {
		if i != n {
			return i
		}
	}
	return -1
}

// submitRandom submits an operation on a random znode. exists has the znodes that exist.
func submitRandom(c *zkasync.Client, s *sequence, rng *rand.Rand, exists map[string]bool) {
	path := fmt.Sprintf("/n%d", rng.IntN(50))
	there := exists[path]
	missing := func(otherwise error) error {
		if there {
			return otherwise
		}
		return zk.ErrNoNode
	}
	switch rng.IntN(12) {
	case 0:
		var want error
		if there {
			want = zk.ErrNodeExists
		}
		follow(s, c.Create(context.Background(), path, []byte(path)), want)
		exists[path] = true
	case 1:
		follow(s, c.Delete(context.Background(), path, zkasync.AnyVersion), missing(nil))
		exists[path] = false
	case 2:
		follow(s, c.Set(context.Background(), path, []byte("new"), zkasync.AnyVersion), missing(nil))
	case 3:
		follow(s, c.Set(context.Background(), path, nil, 1<<30), missing(zk.ErrBadVersion))
	case 4:
		follow(s, c.Multi(context.Background(), zkasync.CheckOp(path, zkasync.AnyVersion)), missing(nil))
	case 5:
		follow(s, c.GetACL(context.Background(), path), missing(nil))
	case 6:
		follow(s, c.Exists(context.Background(), path), nil)
	case 7:
		follow(s, c.Children(context.Background(), path), missing(nil))
	case 8:
		follow(s, c.Sync(context.Background(), path), nil)
	default:
		follow(s, c.Get(context.Background(), path), missing(nil))
	}
}

func TestOrder_TwentyThousandMixedOperations(t *testing.T) {
	t.Parallel()
	const count = 20_000
	c := rooted(t)
	rng := rand.New(rand.NewPCG(1, 2))
	exists := make(map[string]bool)
	var s sequence
	for s.submitted < count {
		submitRandom(c, &s, rng, exists)
	}
	s.check(t)
}

func TestOrder_NestedCreatesWithoutWaiting(t *testing.T) {
	t.Parallel()
	const depth = 200
	c := rooted(t)
	var s sequence
	path := ""
	for range depth {
		path += "/d"
		follow(&s, c.Create(t.Context(), path, nil), nil)
	}
	for ; path != ""; path = strings.TrimSuffix(path, "/d") {
		follow(&s, c.Delete(t.Context(), path, 0), nil)
	}
	s.check(t)
}

func TestOrder_OnTheWire(t *testing.T) {
	t.Parallel()
	const workers, each = 8, 200
	c, _, p := proxied(t)
	frames := tap(p)
	var wg sync.WaitGroup
	all := make([][]*future.Future[*zk.Stat], workers)
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				all[w] = append(all[w], c.Exists(t.Context(), fmt.Sprintf("/w%d/%03d", w, i)))
			}
		})
	}
	wg.Wait()
	must(t, future.All(slices.Concat(all...)...))
	seen := frames.requests()
	if len(seen) != workers*each {
		t.Fatalf("%d requests, want %d", len(seen), workers*each)
	}
	next := make(map[string]int)
	for i, r := range seen {
		if want := seen[0].xid + int32(i); r.xid != want {
			t.Fatalf("request %d has xid %d, want %d", i, r.xid, want)
		}
		path := r.path[strings.Index(r.path, "/w"):]
		worker := path[:len("/w0")]
		if want := fmt.Sprintf("%s/%03d", worker, next[worker]); path != want {
			t.Fatalf("request %d is for %s, want %s", i, path, want)
		}
		next[worker]++
	}
}
