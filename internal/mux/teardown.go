package mux

import (
	"net"
	"time"

	"github.com/zkasync/zkasync-go/internal/mux/internal/foreign"
	"github.com/zkasync/zkasync-go/internal/mux/internal/joined"
	"github.com/zkasync/zkasync-go/internal/mux/internal/queue"
)

// teardown ends a dead connection: it joins the connection's goroutines and fails the requests that it leaves behind. The
// caller has claimed the reading side, so no reply is being delivered. A second call does nothing.
func (c *Conn) teardown() {
	if c.torn {
		return
	}
	c.torn = true
	defer c.m.conns.Done()
	c.workers.Wait()
	<-c.shut
	c.mu.Lock()
	cause := c.cause
	c.mu.Unlock()

	inFlight := Failure{Reason: ReasonLoss, Sent: true, Cause: cause}
	queued := Failure{Reason: ReasonLoss, Cause: cause}
	sent, unsent, b := c.takeAll(inFlight, queued)
	b.failAll(sent, inFlight)
	b.failAll(unsent, queued)
	if c.shaken {
		c.m.obs.Lost(cause, time.Now().Add(-c.unheard()))
	}
}

// takeAll detaches the connection and returns the requests that fail with it, oldest first. If the handshake was not done, no
// request belongs to the connection, and those in the queue go on waiting, as do those that outlive their failure.
func (c *Conn) takeAll(inFlight, queued Failure) (sent, unsent []Request, b blame) {
	m := c.m
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.cur == c {
		m.cur = nil
	}
	m.live = false
	m.queue.GuardNew()
	if !c.shaken {
		return nil, nil, b
	}
	m.counts.losses++
	all, first := c.flight.Drain()
	cut := max(0, len(all)-c.unsent) // a broken server may have answered what did not leave
	cutAuths := max(0, len(c.auths)-c.unsentAuths)
	sent = mergeAuths(all[:cut:cut], c.auths[:cutAuths], first)
	sent = c.flight.WithoutAnswered(sent)
	b = c.lostLocked(all, cut, cutAuths, sent)
	unsent = mergeAuths(all[cut:len(all):len(all)], c.auths[cutAuths:], first+int32(cut))
	unsent = c.flight.WithoutAnswered(unsent)
	for _, r := range c.taken { // not empty if the writer panicked or was ended by runtime.Goexit
		if r != nil {
			unsent = append(unsent, r)
		}
	}
	unsent = append(append(unsent, c.restore...), c.behind...)
	c.auths, c.restore, c.behind, c.taken = nil, nil, nil, nil
	var behind queue.Aside // requests that wait for the next connection whatever happened to this one
	c.drainedLocked()
	if c.moving.Load() && !c.dropQueue || c.keepQueue && m.refusal == nil {
		behind = m.queue.SetAside(func(r Request) bool { return !foreign.Is(r) }) // go-zookeeper abandons its own with the connection
	} else {
		unsent = m.queue.Drain(unsent)
	}
	sent, unsent = m.keepLocked(joined.Expand(sent), inFlight, b), m.keepLocked(joined.Expand(unsent), queued, b)
	m.queue.PutBack(behind)
	return sent, unsent, b
}

// mergeAuths inserts auth requests at their places among the requests in flight, the first of which has the xid first.
func mergeAuths(rs []Request, auths []authEntry, first int32) []Request {
	if len(auths) == 0 {
		return rs
	}
	merged := make([]Request, 0, len(rs)+len(auths))
	for i, r := range rs {
		for len(auths) > 0 && auths[0].before <= first+int32(i) {
			merged = append(merged, auths[0].Request)
			auths = auths[1:]
		}
		merged = append(merged, r)
	}
	for _, a := range auths {
		merged = append(merged, a.Request)
	}
	return merged
}

// Close is called by go-zookeeper when it is done with the connection. If a goroutine is inside Read, that goroutine tears the
// connection down, so that completions and failures stay in one order.
func (c *Conn) Close() error {
	c.closeOnce.Do(func() { close(c.closed) })
	if !c.isDead() {
		c.die(net.ErrClosed)
	}
	if c.enter() {
		c.teardown()
		c.leave()
	}
	return nil
}
