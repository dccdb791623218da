package mux

import (
	"github.com/zkasync/zkasync-go/internal/mux/internal/foreign"
	"github.com/zkasync/zkasync-go/internal/mux/internal/request"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// Write takes one packet of go-zookeeper, which writes each packet with exactly one call. The connect request is dropped,
// because the handshake has been made already. Everything else joins the queue. Write never returns an error, since a dead
// connection shows in Read: an error here while credentials are sent again would block go-zookeeper forever (go-zookeeper
// pull request 163).
func (c *Conn) Write(p []byte) (int, error) {
	if !c.asked {
		c.asked = true
		return len(p), nil
	}
	f := foreign.New(p, c.m.obs)
	if f == nil {
		return len(p), nil
	}
	if f.Op() == wire.OpSetWatches {
		f.Since(c.openZxid) // go-zookeeper's own last zxid lags behind ours and would fire watches for old changes
	}
	if f.Op() == wire.OpClose {
		if !c.m.stopping.Load() {
			c.m.obs.CloseAsked()
		}
		c.closeXid = f.Xid
		close(c.closeReq)
	}
	c.m.mu.Lock()
	switch {
	case c.m.cur != c || c.isDead():
	case f.Op() == wire.OpPing:
		c.urgent = append(c.urgent, f) // a queue that is long or held back must not cost the session
		c.m.wakeLocked()
	case f.Op() != wire.OpSetWatches && c.m.cfg.MaxRequest > 0 && len(p)-request.FrameHead > c.m.cfg.MaxRequest:
		c.refused = append(c.refused, f.Xid)
		c.urgent = append(c.urgent, ping{}) // its reply makes the reader call answerRefused
		c.m.wakeLocked()
	case f.Op() == wire.OpSetWatches && c.m.cfg.WatchesLimit != nil:
		for _, part := range f.Split(c.m.cfg.WatchesLimit(), c.die) {
			c.m.enqueueLocked(part)
		}
	case f.Op() == wire.OpClose && c.m.detaching.Load():
		c.m.enqueueLocked(&lastRead{c})
	default:
		c.m.enqueueLocked(f)
	}
	c.m.mu.Unlock()
	return len(p), nil
}

// answerRefused answers the oldest of go-zookeeper's requests that were too large to be sent.
func (c *Conn) answerRefused() {
	c.m.mu.Lock()
	if len(c.refused) == 0 {
		c.m.mu.Unlock()
		return
	}
	xid := c.refused[0]
	c.refused = c.refused[1:]
	c.m.mu.Unlock()
	c.handUpReply(xid, wire.ReplyHeader{Err: wire.CodeBadArguments}, nil)
}
