package mux

import (
	"github.com/zkasync/zkasync-go/internal/mux/internal/foreign"
	"github.com/zkasync/zkasync-go/internal/mux/internal/request"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// Write takes one packet of go-zookeeper's: each of its packets is exactly one call. The connect request
// is dropped, for the handshake is made already. The rest joins the queue and is never an error, a dead connection shows in
// Read: an error here while credentials are sent again would block go-zookeeper for good (go-zookeeper pull request 163).
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
		f.Since(c.openZxid) // its own idea of the last zxid lags behind ours, which would fire watches for old changes
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
		c.urgent = append(c.urgent, f) // a long queue, or one that waits, must not cost the session
		c.m.wakeLocked()
	case f.Op() != wire.OpSetWatches && c.m.cfg.MaxRequest > 0 && len(p)-request.FrameHead > c.m.cfg.MaxRequest:
		c.refused = append(c.refused, f.Xid)
		c.urgent = append(c.urgent, ping{}) // has the reader look
		c.m.wakeLocked()
	case f.Op() == wire.OpSetWatches && c.m.cfg.WatchesLimit != nil:
		for _, part := range f.Split(c.m.cfg.WatchesLimit(), c.die) {
			c.m.enqueueLocked(part)
		}
	default:
		c.m.enqueueLocked(f)
	}
	c.m.mu.Unlock()
	return len(p), nil
}

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
	c.handUpReply(xid, wire.ReplyHeader{Err: wire.CodeBadArguments}, nil)
}
