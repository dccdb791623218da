package zkasync_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
)

// These tests check the outcome of operations of several steps, when the failure of one step hides what another has done.

// The context ends between two batches of deletes. The first failure is "not sent", but earlier deletes may have been applied.
func TestDeleteAll_ReportsDeletesWithoutAnswer(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		children := make([]string, 4000)
		for i := range children {
			children[i] = fmt.Sprintf("child-with-a-long-name-%06d", i)
		}
		begun, ended := make(chan struct{}), make(chan struct{})
		s := connectScripted(t, func(c *zkpeer.Conn) {
			c.Accept()
			list := takes(c, 1)[0]
			c.Reply(list, wire.AppendStat(wire.AppendStrings(nil, children), &zk.Stat{}))
			takes(c, 1) // the first of a batch, whose rest is being written
			close(begun)
			<-ended
			takes(c, len(children)/2)
		}, zkpeer.Healthy)
		deleted := s.DeleteAll(ctx, "/a")
		<-begun
		cancel()
		close(ended)
		if err := fails(t, deleted, zkasync.ErrOutcomeUnknown); errors.Is(err, zkasync.ErrNotSent) {
			t.Errorf("%v, although thousands were sent", err)
		}
	})
}

// The context ends after the parents were created.
func TestCreate_ReportsThatParentsMayHaveBeenCreated(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		s := connectScripted(t, func(c *zkpeer.Conn) {
			c.Accept()
			c.Serve(func(r zkpeer.Request) bool {
				switch {
				case r.Path == "/parent" && r.Op != wire.OpExists:
					cancel()
					return false
				case r.Path == "/parent", r.Path == "/parent/child":
					return c.Refuse(r, codeNoNode)
				}
				return false
			})
		})
		fails(t, s.Create(ctx, "/parent/child", nil, zkasync.MakeParents()), zkasync.ErrOutcomeUnknown, context.Canceled)
	})
}

// The server returns more or fewer results than operations.
func TestOutcome_NumberOfResults(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		results := 0
		s := connectScripted(t, func(c *zkpeer.Conn) {
			c.Accept()
			c.Serve(func(r zkpeer.Request) bool {
				if r.Op != wire.OpMulti {
					return false
				}
				var body []byte
				for range results {
					body = wire.AppendMultiHeader(body, wire.OpDelete, false, 0)
				}
				return c.Reply(r, wire.AppendMultiHeader(body, wire.OpError, true, -1))
			})
		})
		for _, results = range []int{0, 1, 2, 3, 1000} {
			f := s.Multi(t.Context(), zkasync.DeleteOp("/a", 0), zkasync.DeleteOp("/b", 0))
			if results == 2 {
				must(t, f)
			} else {
				fails(t, f, zkasync.ErrOutcomeUnknown)
			}
		}
	})
}
