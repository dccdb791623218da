package zkasync_test

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
)

// grantsOther returns a script of a server that grants the session with this id, whatever is offered, and then does what the script
// then says.
func grantsOther(id int64, readOnly bool, then zkpeer.Script) zkpeer.Script {
	return func(c *zkpeer.Conn) {
		if c.ReadConnect() && c.AcceptWith(wire.ConnectResponse{Timeout: c.Connect.Timeout, SessionID: id, ReadOnly: readOnly}) {
			then(c)
		}
	}
}

func serves(c *zkpeer.Conn) { c.Serve(nil) }

func untilCut(cut <-chan struct{}) zkpeer.Script {
	return func(c *zkpeer.Conn) {
		go func() { <-cut; c.Cut() }()
		c.Serve(nil)
	}
}

// If a reconnect is granted another session, that is an expiry, with everything that belongs to one, in order.
func TestReplacedSession_AnotherSessionIsGranted(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		const first, second = 0x11, 0x22
		cut := make(chan struct{})
		p := zkpeer.Pipes(t, grantsOther(first, false, untilCut(cut)), grantsOther(second, false, serves))
		c := connect(t, "one.test", zkasync.WithDialer(p.Dial))
		var j journal
		var lost zkasync.StateChange
		c.OnState(func(change zkasync.StateChange) {
			j.add(change.State.String())
			if change.State == zkasync.StateLost {
				lost = change
			}
		})
		watch := noted(&j, "watch", must(t, c.GetW(t.Context(), "/a")).Event)
		_, _, theirs, err := c.Conn().GetW("/theirs")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		close(cut)
		poll(t, "suspended", func() bool { return c.State() == zkasync.StateSuspended || c.Session().ID == second })
		j.wants(t, "Suspended", "Lost", "watch failed", "Connected")
		fails(t, watch, zkasync.ErrSessionExpired)
		if lost.SessionID != first || !errors.Is(lost.Err, zkasync.ErrSessionExpired) {
			t.Errorf("lost: %+v, want the expiry of session %#x", lost, first)
		}
		if event := <-theirs; event.Type != zk.EventNotWatching || !errors.Is(event.Err, zk.ErrSessionExpired) {
			t.Errorf("the watch of Conn: %+v, want that it has ended with the session", event)
		}
		if c.Session().ID != second || c.Conn().SessionID() != second || p.Accepted() != 2 {
			t.Errorf("session %#x, %d connections", c.Session().ID, p.Accepted())
		}
		wantNode(t, c.Get(t.Context(), "/a"), "/a")
	})
}

// Operations that wait for the connection fail, as after any expiry.
func TestReplacedSession_WhatWaitsFails(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cut := make(chan struct{})
		p := zkpeer.Pipes(t, grantsOther(0x11, false, untilCut(cut)), hangsUp, grantsOther(0x22, false, serves))
		c := connect(t, "one.test", zkasync.WithDialer(p.Dial))
		changes := c.States(t.Context())
		close(cut)
		nextState(t, changes, zkasync.StateSuspended)
		waiting := c.Get(t.Context(), "/a")
		nextState(t, changes, zkasync.StateConnected)
		fails(t, waiting, zkasync.ErrSessionExpired, zkasync.ErrNotSent)
	})
}

// If a session given to WithSession is not granted, that is its expiry.
func TestReplacedSession_OfWithSession(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := zkpeer.Pipes(t, grantsOther(0x22, false, serves))
		submitted := make(chan struct{})
		dial := func(ctx context.Context, network, address string) (net.Conn, error) {
			<-submitted // otherwise the new session might begin before the read is submitted
			return p.Dial(ctx, network, address)
		}
		c, err := zkasync.New("one.test", zkasync.WithDialer(dial), zkasync.WithSession(zkasync.Session{ID: 0x11, Password: make([]byte, 16)}))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		changes := c.States(t.Context())
		waiting := c.Get(t.Context(), "/a")
		started := c.StartAsync()
		fails(t, waiting, zkasync.ErrClosed) // the client had not been started then
		waiting = c.Get(t.Context(), "/a")
		close(submitted)
		must(t, started)
		if lost := nextState(t, changes, zkasync.StateLost); lost.SessionID != 0x11 || !errors.Is(lost.Err, zkasync.ErrSessionExpired) {
			t.Errorf("lost: %+v, want the expiry of session 0x11", lost)
		}
		if now := nextState(t, changes, zkasync.StateConnected); now.SessionID != 0x22 {
			t.Errorf("connected: %+v", now)
		}
		fails(t, waiting, zkasync.ErrSessionExpired, zkasync.ErrNotSent)
	})
}

// Close between the end of the old session and the beginning of the new one ends the new one as well.
func TestReplacedSession_CloseInBetween(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		ended := make(chan wire.OpCode, 1)
		cut := make(chan struct{})
		p := zkpeer.Pipes(t, grantsOther(0x11, false, untilCut(cut)), grantsOther(0x22, false, func(c *zkpeer.Conn) {
			r, _ := c.Next()
			ended <- r.Op
			c.Answer(r)
		}))
		c := connect(t, "one.test", zkasync.WithDialer(p.Dial))
		watch := must(t, c.ExistsW(t.Context(), "/a")).Event
		stopped := make(chan struct{})
		watch.OnDone(func(zkasync.Event, error) { c.StopAsync(); close(stopped) })
		close(cut)
		<-stopped
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if op := <-ended; op != wire.OpClose {
			t.Errorf("the new session was sent %v, want its end", op)
		}
	})
}

// A read-only server grants a temporary session, which does not end the real one.
func TestReplacedSession_NotOfAReadOnlyServer(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cut := make(chan struct{})
		p := zkpeer.Pipes(t, grantsOther(0x11, false, untilCut(cut)), grantsOther(0x22, true, serves))
		c := connect(t, "one.test", zkasync.WithDialer(p.Dial), zkasync.WithReadOnly(true))
		watch := must(t, c.ExistsW(t.Context(), "/a")).Event
		changes := c.States(t.Context())
		close(cut)
		nextState(t, changes, zkasync.StateSuspended)
		if now := nextChange(t, changes); now.State != zkasync.StateConnected || !now.ReadOnly || now.SessionID != 0x22 {
			t.Errorf("%+v, want Connected, read-only", now)
		}
		if watch.Ready() {
			t.Error("the watch has ended")
		}
	})
}

// Servers without a quorum refuse the session for a long time, and then have a quorum again and know it. The session has not ended,
// although the servers would accept a new client.
func TestReplacedSession_TheSessionOutlivesALongOutageOfTheQuorum(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cut := make(chan struct{})
		var back, met atomic.Bool
		p := zkpeer.Pipes(t, grantsOther(0x11, false, untilCut(cut)), func(c *zkpeer.Conn) {
			c.ReadConnect()
			stranger := c.Connect.SessionID == 0
			if stranger && back.Load() {
				met.Store(true) // the quorum is back right after the session was refused
			}
			if met.Load() {
				c.Accept()
				c.Serve(nil)
			}
		})
		c := connect(t, "one.test", zkasync.WithDialer(p.Dial), zkasync.WithSessionTimeout(bubbleSession))
		changes := c.States(t.Context())
		close(cut)
		nextState(t, changes, zkasync.StateLost)
		time.Sleep(time.Minute)
		back.Store(true)
		if now := nextState(t, changes, zkasync.StateConnected); now.SessionID != 0x11 {
			t.Errorf("session %#x, want the one that the servers still know", now.SessionID)
		}
		if !met.Load() {
			t.Error("no new client was accepted meanwhile")
		}
	})
}
