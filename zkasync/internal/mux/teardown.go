package mux

import "time"

// teardown ends a dead connection: it joins its goroutines and fails what it left behind. The caller has the reading
// side, so no reply is being delivered. It may be called again and then does nothing.
func (c *Conn) teardown() {
	if c.torn {
		return
	}
	c.torn = true
	c.workers.Wait()
	c.mu.Lock()
	cause := c.cause
	c.mu.Unlock()

	sent, unsent := c.takeAll()
	failAll(sent, Failure{Reason: ReasonLoss, Sent: true, Cause: cause})
	failAll(unsent, Failure{Reason: ReasonLoss, Cause: cause})
	if c.shaken {
		c.m.obs.Lost(cause, c.born.Add(time.Duration(c.sinceBirth.read.Load())))
	} else {
		c.m.obs.HandshakeFailed(cause)
	}
}

// takeAll detaches the connection and returns its requests, oldest first. Before the handshake nothing belongs to it and
// what is queued goes on waiting.
func (c *Conn) takeAll() (sent, unsent []Request) {
	m := c.m
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.cur == c {
		m.cur = nil
	}
	m.live, m.guard = false, true
	if !c.shaken {
		return nil, nil
	}
	all := append([]Request(nil), c.expect...)
	c.expect, c.expectBuf = nil, nil
	all = m.flight.drainTo(all)
	cut := len(all) - c.unsent
	cutAuths := len(c.auths) - c.unsentAuths
	sent = mergeAuths(all[:cut:cut], c.auths[:cutAuths], c.nextReply)
	unsent = mergeAuths(all[cut:len(all):len(all)], c.auths[cutAuths:], c.nextReply+int32(cut))
	unsent = append(unsent, c.restore...)
	c.auths, c.restore = nil, nil
	if c.moving.Load() {
		m.keepOwnLocked()
		return sent, unsent
	}
	return sent, m.drainQueueLocked(unsent)
}

// mergeAuths puts auth requests to their places among the requests in flight, the first of which has the xid first.
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
