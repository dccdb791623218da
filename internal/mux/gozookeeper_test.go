package mux

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// zookeeper is go-zookeeper's real connection on top of a Mux.
type zookeeper struct {
	*zk.Conn
	ended   chan struct{}      // closed when its loop has ended
	stopped context.Context    // ended by stop
	stop    context.CancelFunc // makes dials return a pretended connection
}

// silent is a logger that writes nothing.
type silent struct{}

func (silent) Printf(string, ...any) {}

// zookeeper connects go-zookeeper, and closes it when the test ends.
func (w *world) zookeeper() *zookeeper {
	w.t.Helper()
	z := &zookeeper{ended: make(chan struct{})}
	z.stopped, z.stop = context.WithCancel(context.Background())
	dial := func(network, address string, _ time.Duration) (net.Conn, error) {
		sock, err := w.peer.Dial(z.stopped, network, address)
		if z.stopped.Err() != nil {
			if sock != nil {
				_ = sock.Close()
			}
			return w.m.NewPretended(), nil
		}
		if err != nil {
			return nil, err
		}
		cut := context.AfterFunc(z.stopped, func() { _ = sock.Close() })
		defer cut()
		h, err := w.meet(sock, OfferSession)
		switch {
		case z.stopped.Err() != nil:
			return w.m.NewPretended(), nil
		case err != nil:
			return nil, err
		}
		return w.m.NewConn(h), nil
	}
	conn, events, err := zk.Connect([]string{"127.0.0.1:1"}, sessionTime,
		zk.WithDialer(dial), zk.WithLogger(silent{}), zk.WithHostProvider(&oneHost{}))
	if err != nil {
		w.t.Fatal(err)
	}
	z.Conn = conn
	go func() {
		defer close(z.ended)
		for range events {
		}
	}()
	w.t.Cleanup(func() { z.close(w.m) })
	return z
}

// close stops go-zookeeper in the order in which the client does, and waits for its loop to end.
func (z *zookeeper) close(m *Mux) {
	m.Refuse(errStopping)
	m.Stop()
	z.stop()
	z.Conn.Close()
	<-z.ended
}

// oneHost is a list of one server, without a pause before it is tried again.
type oneHost struct{}

func (*oneHost) Init([]string) error  { return nil }
func (*oneHost) Len() int             { return 1 }
func (*oneHost) Next() (string, bool) { return "127.0.0.1:1", false }
func (*oneHost) Connected()           {}

func TestGoZookeeper_WorksBesideOurRequests(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t)
		z := w.zookeeper()
		var calling sync.WaitGroup
		for range 10 {
			calling.Go(func() {
				w.m.Submit(&asked{j: w.j, name: "/ours", op: wire.OpGetData, record: wire.AppendPathWatch(nil, "", "/ours", false)})
				if data, _, err := z.Get("/theirs"); err != nil || string(data) != "/theirs" {
					t.Errorf("get: %q, %v", data, err)
				}
				if names, _, err := z.Children("/theirs"); err != nil || !slices.Equal(names, []string{"/theirs"}) {
					t.Errorf("children: %q, %v", names, err)
				}
			})
		}
		calling.Wait()
		synctest.Wait()
		want := append([]string{"established", "restored"}, slices.Repeat([]string{"/ours: ok"}, 10)...)
		w.j.want(t, want...)
	})
}

// go-zookeeper's pull request 163: if a write fails while go-zookeeper sends credentials again, it waits forever, because it
// puts both the error of the write and that of the lost connection into a channel with room for one.
func TestGoZookeeper_SurvivesAFailureWhileItSendsCredentialsAgain(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var s seen
		cut := make(chan struct{})
		scripts := []zkpeer.Script{func(c *zkpeer.Conn) {
			c.Accept()
			go func() { <-cut; c.Cut() }()
			c.Serve(nil)
		}}
		for range 20 {
			scripts = append(scripts, func(c *zkpeer.Conn) { c.Accept() }) // and hang up
		}
		w := newWorld(t, append(scripts, s.serving)...)
		z := w.zookeeper()
		if err := z.AddAuth("digest", []byte("u:p")); err != nil {
			t.Fatal(err)
		}
		close(cut)
		synctest.Wait()
		if data, _, err := z.Get("/a"); err != nil || string(data) != "/a" {
			t.Errorf("get: %q, %v", data, err)
		}
		if all := s.all(); len(all) == 0 || all[0].Op != wire.OpSetAuth {
			t.Errorf("on the wire: %+v, want the credential first", all)
		}
	})
}

func TestGoZookeeper_EndsAtOnceWhenTheServerAnswersTheClose(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t)
		z := w.zookeeper()
		synctest.Wait()
		start := time.Now()
		z.close(w.m)
		if took := time.Since(start); took != 0 || !w.m.SessionEnded() {
			t.Errorf("took %v, session ended: %v", took, w.m.SessionEnded())
		}
	})
}

func TestGoZookeeper_EndsAtOnceWithoutAConnection(t *testing.T) {
	scripts := map[string]zkpeer.Script{
		"in the handshake":                        (*zkpeer.Conn).Drain,
		"before the connect request is read":      (*zkpeer.Conn).Hold,
		"when the server hangs up at the close":   func(c *zkpeer.Conn) { c.Accept(); c.Next() },
		"when every connection is closed at once": func(c *zkpeer.Conn) { time.Sleep(time.Millisecond) },
	}
	for name, script := range scripts {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				w := newWorld(t, script)
				z := w.zookeeper()
				synctest.Wait()
				start := time.Now()
				z.close(w.m)
				if took := time.Since(start); took > time.Millisecond || w.m.SessionEnded() {
					t.Errorf("took %v, session ended: %v", took, w.m.SessionEnded())
				}
			})
		})
	}
}

func TestGoZookeeper_EndsAtOnceWhenNothingAnswersTheDial(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t)
		z := &zookeeper{ended: make(chan struct{})}
		z.stopped, z.stop = context.WithCancel(context.Background())
		conn, events, err := zk.Connect([]string{"127.0.0.1:1"}, sessionTime, zk.WithLogger(silent{}),
			zk.WithHostProvider(&oneHost{}), zk.WithDialer(func(string, string, time.Duration) (net.Conn, error) {
				<-z.stopped.Done()
				return w.m.NewPretended(), nil
			}))
		if err != nil {
			t.Fatal(err)
		}
		z.Conn = conn
		go func() {
			defer close(z.ended)
			for range events {
			}
		}()
		synctest.Wait()
		start := time.Now()
		z.close(w.m)
		if took := time.Since(start); took != 0 {
			t.Errorf("took %v", took)
		}
	})
}

// The server answers everything except the close request.
func TestGoZookeeper_EndsWhenAServerThatIgnoresTheCloseIsGivenUp(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, func(c *zkpeer.Conn) {
			c.Accept()
			c.Serve(func(r zkpeer.Request) bool { return r.Op == wire.OpClose })
		})
		z := w.zookeeper()
		synctest.Wait()
		start := time.Now()
		time.AfterFunc(time.Second, func() { w.m.Abort(errors.New("the server takes too long")) })
		z.close(w.m)
		if took := time.Since(start); took != time.Second || w.m.SessionEnded() {
			t.Errorf("took %v, session ended: %v", took, w.m.SessionEnded())
		}
	})
}

func TestPretended_GoesOnWhileTheClientDoesNotStop(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t)
		u := w.over(w.m.NewPretended())
		if err := u.shake(); err == nil {
			t.Error("a pretended connection shook hands for a client that runs")
		}
		w.m.Stop()
		if err := u.shake(); err != nil {
			t.Errorf("shake hands while stopping: %v", err)
		}
		u.write(8, wire.OpClose, nil)
		u.read()
		u.reading.Wait()
		w.j.want(t, "up: xid 8")
	})
}
