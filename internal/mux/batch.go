package mux

import (
	"context"

	"github.com/zkasync/zkasync-go/internal/mux/internal/flight"
	"github.com/zkasync/zkasync-go/internal/wire"
)

const (
	// batchBytes and batchCount bound one write: large enough to fill a socket buffer, small enough that a slow link shows
	// progress and that contexts are checked shortly before their requests leave.
	batchBytes = 64 << 10
	batchCount = 1024
	// keepBuffer is the size up to which an encode buffer is kept for the next batch.
	keepBuffer = 1 << 20
)

// outgoing is one batch on its way to the socket.
type outgoing struct {
	reqs  []Request // taken from the queue
	buf   []byte    // their frames
	kept  []Request // those of reqs that wait for an ordinary reply, in the order of their frames
	auths []authEntry
	pings int
	trial bool                      // the batch is a trial, see trial.go and tryLocked
	trace func(r Request, size int) // called for each request that is encoded; may be nil
}

// add adds a request that will get an ordinary reply.
func (out *outgoing) add(xid *int32, r Request) {
	out.append(*xid, r)
	out.kept = append(out.kept, r)
	*xid = flight.NextXid(*xid)
}

func (out *outgoing) append(xid int32, r Request) {
	before := len(out.buf)
	out.buf = appendFrame(out.buf, xid, r)
	if out.trace != nil {
		out.trace(r, len(out.buf)-before)
	}
}

func appendFrame(b []byte, xid int32, r Request) []byte {
	b, start := wire.BeginFrame(b)
	b = wire.AppendRequestHeader(b, xid, r.Op())
	return wire.EndFrame(r.Append(b), start)
}

// ping is a heartbeat of ours.
type ping struct{}

func (ping) Op() wire.OpCode          { return wire.OpPing }
func (ping) Size() int                { return 0 }
func (ping) Append(b []byte) []byte   { return b }
func (ping) Context() context.Context { return nil }
func (ping) Reply(int32, []byte)      {}
func (ping) Fail(Failure)             {}
