package mux

import (
	"errors"

	"github.com/zkasync/zkasync-go/internal/mux/internal/joined"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// knownJoinsLocked returns what Conn.joining is at the beginning of a connection.
func (c *Conn) knownJoinsLocked() int32 {
	if !c.m.cfg.JoinReads {
		return joinsNot
	}
	return c.habitsLocked().joins
}

func (c *Conn) learnJoinsLocked(how int32) {
	c.habitsLocked().joins = how
	c.joining.Store(how)
}

// tryLocked takes the first reads that can be joined, no more than fit into one request, once nothing else is in flight: a server
// that does not know multi-reads ends the connection when it gets one. It reports whether nothing else may be taken for now.
func (c *Conn) tryLocked(out *outgoing) bool {
	m := c.m
	switch c.joining.Load() {
	case joinsTrial:
		return true
	case joinsUntried:
	default:
		return false
	}
	if !c.mayTryLocked() {
		return false
	}
	if !c.aloneLocked(out) {
		return true
	}
	c.gather.Begin(true, &m.together, m.cfg.MaxRequest) // encode begins anew
	for size := 0; m.queue.Len() > 0 && size < joined.Bytes/2 && joined.Join(m.queue.At(0)) && c.gather.Fits(m.queue.At(0)); {
		if r := m.queue.Take(); r != nil {
			c.gather.Add(r)
			out.reqs = append(out.reqs, r)
			size += joined.PartHead + r.Size()
		}
	}
	c.joining.Store(joinsTrial)
	out.trial = true
	return true
}

// mayTryLocked reports whether the next requests in the queue can be used to try whether the server supports joined reads.
func (c *Conn) mayTryLocked() bool {
	q := &c.m.queue
	return c.joining.Load() == joinsUntried && c.m.care.window == 0 && q.Len() > 1 && joined.Join(q.At(0)) && joined.Join(q.At(1))
}

// triedLocked ends a trial if too few reads were left when the batch was encoded to join any.
func (c *Conn) triedLocked(out *outgoing) {
	if c.joining.Load() != joinsTrial {
		return
	}
	for _, r := range out.kept {
		if _, ok := r.(*joined.Reads); ok {
			return
		}
	}
	c.joining.Store(joinsUntried)
}

var errNoMultiRead = errors.New("the server does not know multi-reads")

// joinedReply handles the reply to joined reads.
func (c *Conn) joinedReply(j *joined.Reads, code int32, body []byte) error {
	m := c.m
	c.companionsMet.Add(companionsOf(j))
	if code == wire.CodeUnimplemented {
		return c.apart(j)
	}
	c.joinedWell()
	defer j.Recycle()
	if code != 0 {
		j.Reply(code, nil)
		return nil
	}
	m.together.Answered(len(body), len(j.Parts))
	j.Answer(body, m.cfg.MaxReply)
	return nil
}

// joinedWell ends a trial of joined reads that the server knows.
func (c *Conn) joinedWell() {
	if c.joining.Load() != joinsTrial {
		return
	}
	c.m.mu.Lock()
	c.learnJoinsLocked(joinsWell)
	c.m.wakeLocked()
	c.m.mu.Unlock()
}

// apart handles a server that does not know multi-reads: from now on reads are sent to it one by one. The server closes the
// connection after this reply, so the reads of a trial go back into the queue and wait with it for the next connection;
// nothing else is in flight.
func (c *Conn) apart(j *joined.Reads) error {
	m := c.m
	m.mu.Lock()
	trial := c.joining.Load() == joinsTrial
	c.learnJoinsLocked(joinsNot)
	if trial {
		for i := len(j.Parts) - 1; i >= 0; i-- {
			m.queue.PushFront(j.Parts[i])
		}
		c.keepQueueLocked()
	}
	m.mu.Unlock()
	if !trial { // another server answers at the same address now, and may have processed what was sent behind these reads
		j.Fail(Failure{Reason: ReasonLoss, Sent: true, Cause: errNoMultiRead})
	}
	return errNoMultiRead
}

// beginGathering begins a batch. Reads are joined in it if the server supports that and no care is needed.
func (c *Conn) beginGathering() {
	m := c.m
	c.gather.Begin(m.cfg.JoinReads && c.joining.Load() >= joinsTrial && !m.careful.Load(), &m.together, m.cfg.MaxRequest)
}
