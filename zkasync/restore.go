package zkasync

import (
	"context"

	"github.com/zkasync/zkasync-go/zkasync/internal/mux"
	"github.com/zkasync/zkasync-go/zkasync/internal/wire"
)

// setWatches restores watches on a new connection: the server fires at once those whose znode has changed since
// the zxid, and keeps the rest.
type setWatches struct {
	c    *Client
	zxid int64
	set  *wire.WatchSet
}

// restoreWatches returns the requests that restore all watches.
func (c *Client) restoreWatches(zxid int64) []mux.Request {
	var rs []mux.Request
	for _, set := range c.watches.sets(c.view.chroot) {
		rs = append(rs, &setWatches{c: c, zxid: zxid, set: set})
	}
	return rs
}

func (s *setWatches) Op() wire.OpCode          { return wire.OpSetWatches }
func (s *setWatches) Size() int                { return setWatchesLimit }
func (s *setWatches) Context() context.Context { return nil }
func (s *setWatches) Fail(mux.Failure)         {}

func (s *setWatches) Append(b []byte) []byte { return wire.AppendSetWatches(b, s.zxid, s.set) }

// Reply gives the connection up when the server did not take the watches: on another one they may be.
func (s *setWatches) Reply(code int32, _ []byte) {
	if code != 0 {
		s.c.sink.Load().Abort(rejection("restore watches", "", code))
	}
}
