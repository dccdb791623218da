package foreign

import (
	"context"

	"github.com/zkasync/zkasync-go/internal/mux/internal/request"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// portion is a part of a request with which go-zookeeper restores watches. go-zookeeper divides its watches by a limit of its
// own, but the server's may be lower. It waits only for the reply to the last part, which is a Packet.
type portion struct {
	lost Losses
	die  func(error)
	body []byte
}

func (f *portion) Op() wire.OpCode          { return wire.OpSetWatches }
func (f *portion) Size() int                { return len(f.body) }
func (f *portion) Append(b []byte) []byte   { return append(b, f.body...) }
func (f *portion) Context() context.Context { return nil }

// Reply ends the connection if the server did not accept the watches: it may accept them on another connection.
func (f *portion) Reply(code int32, _ []byte) {
	if code != 0 {
		f.die(wire.ErrorOf(code))
	}
}

func (f *portion) Fail(x request.Failure) {
	if x.Blame.First {
		f.lost.WatchesLost(x.Blame)
	}
}

// Split divides a request that sets watches into frames of at most limit bytes, without their length; a path that is longer
// gets a frame of its own. The last part is f itself. If the server does not accept one of the others, die is called.
func (f *Packet) Split(limit int, die func(error)) []request.Request {
	limit -= request.Overhead - request.FrameHead
	zxid, rest, err := wire.DecodeInt64(f.body)
	if err != nil || len(f.body) <= limit {
		return []request.Request{f}
	}
	var parts []request.Request
	var set wire.WatchSet
	size := len(wire.AppendSetWatches(nil, zxid, &set))
	empty := size
	for _, list := range []*[]string{&set.Data, &set.Exist, &set.Child} {
		var paths []string
		if paths, rest, err = wire.DecodeStrings(rest); err != nil {
			return []request.Request{f}
		}
		for _, path := range paths {
			if size > empty && size+request.FrameHead+len(path) > limit {
				parts = append(parts, &portion{lost: f.lost, die: die, body: wire.AppendSetWatches(nil, zxid, &set)})
				set, size = wire.WatchSet{}, empty
			}
			*list = append(*list, path)
			size += request.FrameHead + len(path)
		}
	}
	f.body = wire.AppendSetWatches(nil, zxid, &set)
	return append(parts, f)
}
