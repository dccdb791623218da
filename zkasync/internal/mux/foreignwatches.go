package mux

import (
	"context"

	"github.com/zkasync/zkasync-go/zkasync/internal/wire"
)

// foreignWatches is a part of the watches that go-zookeeper restores. It divides them by a limit of its own, which a
// server's may be below; the reply that it waits for is that to the last part.
type foreignWatches struct {
	c    *Conn
	body []byte
}

func (f *foreignWatches) Op() wire.OpCode          { return wire.OpSetWatches }
func (f *foreignWatches) Size() int                { return len(f.body) }
func (f *foreignWatches) Append(b []byte) []byte   { return append(b, f.body...) }
func (f *foreignWatches) Context() context.Context { return nil }

// Reply ends the connection when the server did not take the watches: on another one they may be.
func (f *foreignWatches) Reply(code int32, _ []byte) {
	if code != 0 {
		f.c.die(wire.ErrorOf(code))
	}
}

func (f *foreignWatches) Fail(x Failure) {
	if x.Blame.First {
		f.c.m.obs.WatchesLost(x.Blame)
	}
}

// splitWatches divides a request that sets watches by the limit, in bytes of a frame. The last part is f itself.
func (c *Conn) splitWatches(f *foreign, limit int) []Request {
	limit -= requestOverhead - frameHead
	zxid, rest, err := wire.DecodeInt64(f.body)
	if err != nil || len(f.body) <= limit {
		return []Request{f}
	}
	var parts []Request
	var set wire.WatchSet
	size := len(wire.AppendSetWatches(nil, zxid, &set))
	empty := size
	for _, list := range []*[]string{&set.Data, &set.Exist, &set.Child} {
		var paths []string
		if paths, rest, err = wire.DecodeStrings(rest); err != nil {
			return []Request{f}
		}
		for _, path := range paths {
			if size > empty && size+frameHead+len(path) > limit {
				parts = append(parts, &foreignWatches{c: c, body: wire.AppendSetWatches(nil, zxid, &set)})
				set, size = wire.WatchSet{}, empty
			}
			*list = append(*list, path)
			size += frameHead + len(path)
		}
	}
	f.body = wire.AppendSetWatches(nil, zxid, &set)
	return append(parts, f)
}
