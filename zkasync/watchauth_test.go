package zkasync_test

import (
	"testing"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
)

// refusesAuthFirst returns a script of a server that answers one request, then reads three, the last of which has credentials, and
// answers them in one piece: first the credentials, which it does not accept, as servers do.
func refusesAuthFirst(t *testing.T) zkpeer.Script {
	return func(c *zkpeer.Conn) {
		c.Accept()
		for _, r := range takes(c, 1) {
			c.Answer(r)
		}
		rs := takes(c, 3)
		if len(rs) < 3 || rs[2].Op != wire.OpSetAuth {
			t.Errorf("requests %v, want credentials at the end", rs)
			return
		}
		frames := zkpeer.ReplyFrame(rs[2].Xid, c.Zxid, codeAuthFailed, nil)
		for _, r := range rs[:2] {
			frames = append(frames, zkpeer.ReplyFrame(r.Xid, c.Zxid, 0, zkpeer.Body(r))...)
		}
		c.Send(frames)
		c.Drain()
	}
}

// An operation that is answered before the connection ends succeeds, but its watch ends, since the servers refuse the credentials.
func TestWatch_AnsweredBehindRefusedCredentials(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := connectScripted(t, refusesAuthFirst(t), zkpeer.Healthy) // the client ends the session at the second one
		knowsAddWatch(t, c)
		read := c.GetW(t.Context(), "/a")
		added := c.AddWatch(t.Context(), "/a", zkasync.Persistent)
		fails(t, c.AddAuth(t.Context(), "nosuch", []byte("x")), zkasync.ErrAuthFailed)
		w := must(t, read)
		if string(w.Value.Data) != "/a" {
			t.Errorf("data %q", w.Value.Data)
		}
		s := must(t, added)
		fails(t, w.Event, zkasync.ErrAuthFailed)
		within(t, wait, "the end of the subscription", func() { <-s.Done() })
		wantErr(t, s.Err(), zkasync.ErrAuthFailed)
	})
}
