package zktest

import (
	"context"
	"fmt"
	"time"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/serve"
)

// Request is one request as the server saw it. Pings are recorded too; credentials are not.
type Request struct {
	Server  int // the number of the server that it came to, from 1
	Session int64
	Xid     int32
	Op      Op
	Path    string // for a multi, that of its first part
	Time    time.Time
	Zxid    int64 // from the header of the answer; for a write that was not refused, its own
	Err     error // the zkasync.ServerError that the client receives, which matches zk.ErrNoNode and so on; nil if it succeeded
	Lost    bool  // a fault kept the answer from the client, or changed it
}

// String describes a request in one line.
func (r Request) String() string {
	outcome := "ok"
	if r.Err != nil {
		outcome = r.Err.Error()
	}
	if r.Lost {
		outcome += ", not told"
	}
	return fmt.Sprintf("session 0x%x: %v %s (xid %d) -> zxid 0x%x, %s", r.Session, r.Op, r.Path, r.Xid, r.Zxid, outcome)
}

func requestOf(q *serve.Request) Request {
	err := q.Err
	if code, ok := codeOf(err); ok {
		err = zkasync.ServerError{Code: code}
	}
	return Request{
		Server: q.Server, Session: q.Session, Xid: q.Xid, Op: Op(q.Op), Path: q.Path,
		Time: q.Time, Zxid: q.Zxid, Err: err, Lost: q.Lost,
	}
}

// waited adds to an error what was waited for.
func waited(what string, err error) error {
	if err != nil {
		return fmt.Errorf("zktest: wait for %s: %w", what, err)
	}
	return nil
}

// Requests returns the latest requests, oldest first, as many as [WithRecord] allows. In an ensemble it returns those of
// all servers.
func (s *Server) Requests() []Request {
	s.w.Lock()
	defer s.w.Unlock()
	var list []Request
	for _, q := range s.w.Cluster.Requests() {
		list = append(list, requestOf(&q))
	}
	return list
}

// WaitFor returns the first request that match accepts, among those recorded so far and later ones. It fails when ctx ends
// or the server is closed. It calls match on its own goroutine; match may call methods of the server.
func (s *Server) WaitFor(ctx context.Context, match func(Request) bool) (Request, error) {
	var found Request
	err := s.w.Cluster.WaitFor(ctx, func(q *serve.Request) bool {
		found = requestOf(q)
		return match(found)
	})
	if err != nil {
		return Request{}, waited("a request", err)
	}
	return found, nil
}
