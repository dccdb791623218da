package mux

import (
	"context"
	"encoding/binary"
	"errors"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync/internal/wire"
)

// foreign is a request of go-zookeeper's. Its reply is handed up by the reader; when it fails there is nothing to tell,
// go-zookeeper finds out from Read.
type foreign struct {
	c    *Conn
	op   wire.OpCode
	xid  int32
	body []byte
}

func (f *foreign) Op() wire.OpCode          { return f.op }
func (f *foreign) Size() int                { return len(f.body) }
func (f *foreign) Append(b []byte) []byte   { return append(b, f.body...) }
func (f *foreign) Context() context.Context { return nil }
func (f *foreign) Reply(int32, []byte)      {}

// Fail implements Request: of watches the client makes smaller portions.
func (f *foreign) Fail(x Failure) {
	if f.op == wire.OpSetWatches && x.Blame.First {
		f.c.m.obs.WatchesLost(x.Blame)
	}
}

// Write takes one packet of go-zookeeper's: each of its packets is exactly one call. The connect request
// is dropped, for the handshake is made already. The rest joins the queue and is never an error, a dead connection shows in
// Read: an error here while credentials are sent again would block go-zookeeper for good (go-zookeeper pull request 163).
func (c *Conn) Write(p []byte) (int, error) {
	if !c.asked {
		c.asked = true
		return len(p), nil
	}
	if len(p) < requestOverhead {
		return len(p), nil
	}
	f := &foreign{
		c:    c,
		xid:  int32(binary.BigEndian.Uint32(p[4:])),
		op:   wire.OpCode(binary.BigEndian.Uint32(p[8:])),
		body: append([]byte(nil), p[requestOverhead:]...),
	}
	if f.op == wire.OpSetWatches && len(f.body) >= 8 {
		// Its own idea of the last zxid lags behind ours, which would fire watches for old changes.
		binary.BigEndian.PutUint64(f.body, uint64(c.openZxid))
	}
	if f.op == wire.OpClose {
		if !c.m.stopping.Load() {
			c.m.obs.CloseAsked()
		}
		c.closeXid = f.xid
		close(c.closeReq)
	}
	c.m.mu.Lock()
	switch {
	case c.m.cur != c || c.isDead():
	case f.op == wire.OpPing:
		c.urgent = append(c.urgent, f) // a long queue, or one that waits, must not cost the session
		c.m.wakeLocked()
	case f.op != wire.OpSetWatches && c.m.cfg.MaxRequest > 0 && len(p)-frameHead > c.m.cfg.MaxRequest:
		c.refused = append(c.refused, f.xid)
		c.urgent = append(c.urgent, ping{}) // has the reader look
		c.m.wakeLocked()
	case f.op == wire.OpSetWatches && c.m.cfg.WatchesLimit != nil:
		for _, part := range c.splitWatches(f, c.m.cfg.WatchesLimit()) {
			c.m.enqueueLocked(part)
		}
	default:
		c.m.enqueueLocked(f)
	}
	c.m.mu.Unlock()
	return len(p), nil
}

// badArguments is the server's code for what zk.ErrBadArguments says.
const badArguments = -8

// answerRefused answers one of go-zookeeper's requests that were not sent.
func (c *Conn) answerRefused() {
	c.m.mu.Lock()
	if len(c.refused) == 0 {
		c.m.mu.Unlock()
		return
	}
	xid := c.refused[0]
	c.refused = c.refused[1:]
	c.m.mu.Unlock()
	c.handUpReply(xid, wire.ReplyHeader{Err: badArguments}, nil)
}

// marshallingError is the server's code for a record that cannot be read.
const marshallingError = -5

// errNull is what a null vector is to go-zookeeper, which takes its length, -1, for 4,294,967,295 and allocates them.
var errNull = errors.New("null vector")

// decodable reports whether go-zookeeper can read body as a reply to f.
func (f *foreign) decodable(body []byte) bool {
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
