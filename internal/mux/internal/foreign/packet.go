// Package foreign reads the requests that go-zookeeper writes, and checks whether it can decode the replies.
package foreign

import (
	"context"
	"encoding/binary"
	"errors"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/mux/internal/request"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// Losses is told when a connection is lost.
type Losses interface {
	// WatchesLost is called when a connection was lost at a request that restores watches, which may be too large for the
	// server.
	WatchesLost(b request.Blame)
}

// Packet is a request of go-zookeeper. The reader hands its reply up. If it fails, go-zookeeper need not be told: it learns of
// the loss from Read.
type Packet struct {
	op   wire.OpCode
	Xid  int32
	body []byte
	lost Losses
}

// New decodes a packet of go-zookeeper. It returns nil if p is too short to be a request.
func New(p []byte, lost Losses) *Packet {
	if len(p) < request.Overhead {
		return nil
	}
	return &Packet{
		Xid:  int32(binary.BigEndian.Uint32(p[4:])),
		op:   wire.OpCode(binary.BigEndian.Uint32(p[8:])),
		body: append([]byte(nil), p[request.Overhead:]...),
		lost: lost,
	}
}

// Since sets the zxid as of which the packet restores watches.
func (f *Packet) Since(zxid int64) {
	if len(f.body) >= 8 {
		binary.BigEndian.PutUint64(f.body, uint64(zxid))
	}
}

func (f *Packet) Op() wire.OpCode          { return f.op }
func (f *Packet) Size() int                { return len(f.body) }
func (f *Packet) Append(b []byte) []byte   { return append(b, f.body...) }
func (f *Packet) Context() context.Context { return nil }
func (f *Packet) Reply(int32, []byte)      {}

// Fail implements Request.
func (f *Packet) Fail(x request.Failure) {
	if f.op == wire.OpSetWatches && x.Blame.First {
		f.lost.WatchesLost(x.Blame)
	}
}

// Is reports whether a request is go-zookeeper's.
func Is(r request.Request) bool {
	switch r.(type) {
	case *Packet, *portion:
		return true
	}
	return false
}

// errNull is the error for a null vector, on which go-zookeeper would fail: it takes the length -1 for 4,294,967,295 and
// allocates that many elements.
var errNull = errors.New("null vector")

// Decodable reports whether go-zookeeper can read body as a reply to f.
func (f *Packet) Decodable(body []byte) bool {
	var err error
	switch f.op {
	case wire.OpGetData, wire.OpReconfig:
		if _, body, err = wire.DecodeData(body); err == nil {
			err = decodeStat(body)
		}
	case wire.OpGetChildren2:
		var names []string
		if names, body, err = wire.DecodeStrings(body); err == nil && names == nil {
			err = errNull
		}
		if err == nil {
			err = decodeStat(body)
		}
	case wire.OpGetACL:
		var acl []zk.ACL
		if acl, body, err = wire.DecodeACLs(body); err == nil && acl == nil {
			err = errNull
		}
		if err == nil {
			err = decodeStat(body)
		}
	case wire.OpExists, wire.OpSetData, wire.OpSetACL:
		err = decodeStat(body)
	case wire.OpCreate, wire.OpCreateContainer, wire.OpCreateTTL, wire.OpSync:
		_, _, err = wire.DecodeString(body)
	case wire.OpMulti:
		err = decodeMulti(body)
	}
	return err == nil
}

func decodeStat(body []byte) error {
	var st zk.Stat
	_, err := wire.DecodeStat(body, &st)
	return err
}

func decodeMulti(body []byte) error {
	for {
		op, done, _, rest, err := wire.DecodeMultiHeader(body)
		if err != nil || done {
			return err
		}
		switch op {
		case wire.OpCreate:
			_, rest, err = wire.DecodeString(rest)
		case wire.OpSetData:
			var st zk.Stat
			rest, err = wire.DecodeStat(rest, &st)
		case wire.OpError:
			_, rest, err = wire.DecodeInt32(rest)
		}
		if err != nil {
			return err
		}
		body = rest
	}
}
