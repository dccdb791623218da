package mux

import (
	"context"

	"github.com/zkasync/zkasync-go/internal/wire"
)

// Detach makes the stop that follows leave the session at the servers: go-zookeeper's close request is not sent, but answered
// when everything ahead of it has been. Call it before [Mux.Refuse].
func (m *Mux) Detach() { m.detaching.Store(true) }

// Left returns the session that a stop after [Mux.Detach] has left at the servers; its id is 0 if there is none. The rules of
// [Mux.Offered] apply.
func (m *Mux) Left() Session {
	if m.ended.Load() || m.offer.ID == m.givenBack.Load() {
		return Session{}
	}
	return m.offer
}

// lastRead is sent instead of the close request. Its reply is the last one, since the server answers in order.
type lastRead struct{ c *Conn }

func (r *lastRead) Op() wire.OpCode          { return wire.OpExists }
func (r *lastRead) Context() context.Context { return nil }
func (r *lastRead) Size() int                { return 4 + wire.PathLen("", "/") + 1 }
func (r *lastRead) Append(b []byte) []byte   { return wire.AppendPathWatch(b, "", "/", false) }

// Fail does nothing: go-zookeeper is answered by pretend then.
func (r *lastRead) Fail(Failure) {}

// Reply answers go-zookeeper, whatever the server has said.
func (r *lastRead) Reply(int32, []byte) {
	r.c.handUpReply(r.c.closeXid, wire.ReplyHeader{}, nil)
	r.c.closeXid = 0
}
