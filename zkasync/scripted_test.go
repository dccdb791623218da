package zkasync_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/zkasync"
)

// Tests of what only a broken server does run in bubbles of package synctest, with a scripted server at the other end of a pipe.
// Time stands still while anything can go on, and a bubble fails if it ends with a goroutine left.

const (
	// bubbleSession is the session timeout in bubbles.
	bubbleSession = 6 * time.Second
	// closeLimit is how long Close may take with a server that does not cooperate.
	closeLimit = 2 * time.Second
)

// inBubble runs a test in a bubble.
func inBubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, test)
}

// scripted is a client of a scripted server.
type scripted struct {
	*zkasync.Client
	t    *testing.T
	peer *zkpeer.Peer

	// Callbacks run one at a time, so these need no lock.
	count int
	ended []int // the numbers of the counted futures, in the order of their callbacks
}

// newScripted returns a client that is not started. At the end of the test it is closed, which must not take too long, and each
// counted future must have completed once and in the order of submission.
func newScripted(t *testing.T, opts []zkasync.Option, scripts ...zkpeer.Script) *scripted {
	t.Helper()
	s := &scripted{t: t, peer: zkpeer.Pipes(t, scripts...)}
	opts = append([]zkasync.Option{
		zkasync.WithDialer(s.peer.Dial),
		zkasync.WithSessionTimeout(bubbleSession),
		zkasync.WithCoalescedReads(false), // scripts deal with gets one by one
		zkasync.WithConnectTimeout(time.Second),
	}, opts...)
	var err error
	if s.Client, err = zkasync.New("one.test,two.test", opts...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.end)
	return s
}

// connectScripted is like newScripted, and starts the client.
func connectScripted(t *testing.T, scripts ...zkpeer.Script) *scripted {
	t.Helper()
	s := newScripted(t, nil, scripts...)
	if err := s.Start(testContext(t)); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *scripted) end() {
	start := time.Now()
	if err := s.Close(); err != nil {
		s.t.Errorf("close: %v", err)
	}
	if took := time.Since(start); took > closeLimit {
		s.t.Errorf("close took %v, want at most %v", took, closeLimit)
	}
	want := make([]int, s.count)
	for i := range want {
		want[i] = i
	}
	if !slices.Equal(s.ended, want) {
		s.t.Errorf("callbacks ran in the order %v, want each of %d once and in order", s.ended, s.count)
	}
}

// counted makes the end of the test check that f has completed once, and after those that were counted before.
func counted[T any](s *scripted, f *future.Future[T]) *future.Future[T] {
	n := s.count
	s.count++
	f.OnDone(func(T, error) { s.ended = append(s.ended, n) })
	return f
}

// get submits a get and counts it.
func (s *scripted) get(path string) *future.Future[zkasync.Node] {
	return counted(s, s.Get(context.Background(), path)) // not the test's context, which ends before Close
}

// wantNode checks that f has completed with the data of path, which is the path itself on these servers.
func wantNode(t *testing.T, f *future.Future[zkasync.Node], path string) {
	t.Helper()
	if n := must(t, f); string(n.Data) != path {
		t.Errorf("get %s: data %q", path, n.Data)
	}
}

// wantLoss checks that f has failed with a connection loss and this outcome.
func wantLoss[T any](t *testing.T, what string, f *future.Future[T], outcome error) {
	t.Helper()
	_, err := f.Get(testContext(t))
	if !errors.Is(err, zkasync.ErrConnectionLoss) || !errors.Is(err, outcome) {
		t.Errorf("%s: %v, want a connection loss, %v", what, err, outcome)
	}
}

// takes reads n requests.
func takes(c *zkpeer.Conn, n int) []zkpeer.Request {
	var rs []zkpeer.Request
	for len(rs) < n {
		r, ok := c.Next()
		if !ok {
			break
		}
		rs = append(rs, r)
	}
	return rs
}
