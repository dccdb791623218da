package mux

import (
	"fmt"
	"time"
)

// Something must be received within this share of the session timeout, which leaves a third of it for reaching another
// server. go-zookeeper sends a heartbeat every third.
const silenceNum, silenceDen = 2, 3

const (
	minSilenceTick = 10 * time.Millisecond
	maxSilenceTick = 250 * time.Millisecond
)

// SilenceError reports that a connection was ended because the server went silent.
type SilenceError struct {
	What string
	For  time.Duration
}

func (e *SilenceError) Error() string {
	return fmt.Sprintf("%s for %v", e.What, e.For.Round(time.Millisecond))
}

// Timeout is the method of net.Error; it returns true.
func (e *SilenceError) Timeout() bool { return true }

// silenceLoop ends the connection when the server goes silent. Any byte received is a sign of life, whatever it belongs to.
// One clock for both directions costs nothing per packet, whereas a deadline on the socket would have to be set for each.
func (c *Conn) silenceLoop(session time.Duration) {
	defer c.workers.Done()
	limit := session * silenceNum / silenceDen
	every := min(max(session/16, minSilenceTick), maxSilenceTick)
	if t := c.m.cfg.RequestTimeout; t > 0 {
		every = max(min(every, t/4), minSilenceTick)
	}
	var answers answerClock
	tick := time.NewTicker(every)
	defer tick.Stop()
	sleep := NewSleepWatch(c.m.cfg.Slept)
	last, heard := c.now(), int64(0)
	var asleep time.Duration // since the last byte
	unheard := false
	for {
		select {
		case <-c.dead:
			return
		case <-tick.C:
		}
		if read := c.sinceBirth.read.Load(); read != heard {
			heard, asleep = read, 0
		}
		if d := sleep.Since(); d > 0 {
			asleep += d
			if SleepIsCertain {
				c.vouched.slept.Add(int64(d))
			}
			// A shorter sleep counts as silence: meanwhile the server has heard as little as this side has.
			if d >= session || time.Duration(c.now()-heard)+asleep > limit {
				c.die(&SleepError{For: d})
				return
			}
		}
		c.tellUnheard(&unheard)
		now := c.now()
		gap := now - last
		last = now
		if gap > int64(2*every) {
			answers.stoodStill(gap)
			continue // this process has stood still, so let the reader first see what has come meanwhile
		}
		c.checkTalk(now, limit)
		c.checkSilence(now, limit-asleep, every)
		if c.m.cfg.RequestTimeout > 0 {
			c.checkAnswers(&answers, now)
		}
	}
}

// checkTalk ends a conversation that takes too long: meanwhile no heartbeat keeps the session.
func (c *Conn) checkTalk(now int64, limit time.Duration) {
	c.m.mu.Lock()
	talking := c.talking
	c.m.mu.Unlock()
	if took := time.Duration(now); talking && took > limit {
		c.die(&SilenceError{What: "not authenticated", For: took})
	}
}

// tellUnheard tells the observer if the server may have heard nothing for too long, even if bytes from the server arrive.
func (c *Conn) tellUnheard(told *bool) {
	if on := c.isUnheard(); on || *told {
		*told = on
		c.m.obs.Unheard(on)
	}
}

func (c *Conn) checkSilence(now int64, limit, every time.Duration) {
	if quiet := time.Duration(now - c.sinceBirth.read.Load()); quiet > limit {
		c.die(&SilenceError{What: "nothing received", For: quiet})
		return
	}
	start := c.sinceBirth.write.Load()
	if start == 0 {
		return
	}
	if stuck := time.Duration(now - start); stuck > limit {
		c.die(&SilenceError{What: "nothing could be sent", For: stuck})
	} else if stuck > every {
		c.m.mu.Lock()
		c.m.queue.Guard()
		c.m.mu.Unlock()
	}
}
