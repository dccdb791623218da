package mux

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// seen records the requests that the peer gets.
type seen struct {
	mu   sync.Mutex
	list []zkpeer.Request
}

func (s *seen) add(r zkpeer.Request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, r)
	return false
}

func (s *seen) all() []zkpeer.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.list)
}

func (s *seen) paths() (paths []string) {
	for _, r := range s.all() {
		paths = append(paths, r.Path)
	}
	return paths
}

// serving is the script of a healthy peer that records what it gets.
func (s *seen) serving(c *zkpeer.Conn) {
	c.Accept()
	c.Serve(s.add)
}

func TestConn_InterleavesOurRequestsAndGoZookeepers(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var s seen
		w := newWorld(t, s.serving)
		u := w.open()
		synctest.Wait()
		w.j.take()
		var want, paths []string
		for i := range 100 {
			ours, theirs := fmt.Sprintf("/ours/%d", i), fmt.Sprintf("/theirs/%d", i)
			w.get(ours)
			u.get(int32(7000+i), theirs)
			want = append(want, ours+": ok", fmt.Sprintf("up: xid %d %s", 7000+i, theirs))
			paths = append(paths, ours, theirs)
		}
		synctest.Wait()
		w.j.want(t, want...)
		if got := s.paths(); !slices.Equal(got, paths) {
			t.Errorf("on the wire: %q\nwant %q", got, paths)
		}
		for i, r := range s.all() {
			if r.Xid != int32(i+1) {
				t.Errorf("request %d went out with xid %d, want %d", i, r.Xid, i+1)
			}
		}
	})
}

func TestConn_OrderOfSubmissionIsTheOrderOnTheWire(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var s seen
		w := newWorld(t, s.serving)
		u := w.open()
		// Each of four goroutines takes a number and submits under one lock, so that the order is known.
		var mu sync.Mutex
		var submitting sync.WaitGroup
		next := 0
		for range 4 {
			submitting.Go(func() {
				for range 250 {
					mu.Lock()
					w.get(fmt.Sprintf("/%04d", next))
					next++
					mu.Unlock()
				}
			})
		}
		submitting.Wait()
		synctest.Wait()
		if paths := s.paths(); len(paths) != 1000 || !slices.IsSorted(paths) {
			t.Errorf("%d requests on the wire, sorted: %v", len(paths), slices.IsSorted(paths))
		}
		lines := w.j.take()[2:] // established, restored
		if len(lines) != 1000 || !slices.IsSorted(lines) {
			t.Errorf("%d replies, sorted: %v", len(lines), slices.IsSorted(lines))
		}
		u.closeWait()
	})
}

func TestConn_DeliversARepliesBytesWheneverTheyCome(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, func(c *zkpeer.Conn) {
			c.Accept()
			c.Serve(func(r zkpeer.Request) bool {
				for _, b := range zkpeer.ReplyFrame(r.Xid, c.Zxid, 0, zkpeer.Body(r)) {
					c.Send([]byte{b})
				}
				return true
			})
		})
		u := w.open()
		w.get("/a")
		u.get(9, "/b")
		w.get("/c")
		synctest.Wait()
		w.j.want(t, "established", "restored", "/a: ok", "up: xid 9 /b", "/c: ok")
	})
}

func TestConn_MatchesAuthRepliesThatOvertakeOthers(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(t, func(c *zkpeer.Conn) {
			c.Accept()
			var held []zkpeer.Request
			for range 5 {
				r, ok := c.Next()
				if !ok {
					return
				}
				if r.Op == wire.OpSetAuth {
					c.Reply(r, nil) // at once: a server answers it ahead of its pipeline
					continue
				}
				held = append(held, r)
			}
			for _, r := range held {
				c.Answer(r)
			}
			c.Serve(nil)
		})
		u := w.open()
		w.get("/a")
		w.auth("ours")
		w.get("/b")
		u.write(77, wire.OpSetAuth, wire.AppendAuth(nil, "digest", []byte("x:y")))
		w.get("/c")
		synctest.Wait()
		w.j.want(t, "established", "restored", "ours: ok", "up: xid 77", "/a: ok", "/b: ok", "/c: ok")
	})
}

func TestConn_DeliversEventsInTheirPlace(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		event := wire.WatchEvent{Type: 3, State: 3, Path: "/w"}
		w := newWorld(t, func(c *zkpeer.Conn) {
			c.Accept()
			c.Serve(func(r zkpeer.Request) bool {
				if r.Path != "/b" {
					return false
				}
				// One Write, so that all of it is in the buffer at once.
				return c.Send(slices.Concat(zkpeer.EventFrame(event),
					zkpeer.ReplyFrame(r.Xid, c.Zxid, 0, zkpeer.Body(r)), zkpeer.EventFrame(event)))
			})
		})
		w.open()
		for _, path := range []string{"/a", "/b", "/c"} {
			w.get(path)
		}
		synctest.Wait()
		w.j.want(t, "established", "restored", "/a: ok",
			"event 3 /w", "up: event", "/b: ok", "event 3 /w", "up: event", "/c: ok")
	})
}

func TestConn_SwallowsPingReplies(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var s seen
		w := newWorld(t, s.serving)
		u := w.open()
		w.get("/a")
		u.write(wire.XidPing, wire.OpPing, nil)
		w.get("/b")
		synctest.Wait()
		w.j.want(t, "established", "restored", "/a: ok", "/b: ok")
		if all := s.all(); len(all) != 3 || all[1].Xid+all[2].Xid+all[0].Xid != 1+2+wire.XidPing || all[2].Xid != 2 {
			t.Errorf("on the wire: %+v, want the ping before xid 2", all)
		}
	})
}

func TestConn_HandsUpOnlyRepliesThatCanBeDecoded(t *testing.T) {
	stat := zkpeer.Body(zkpeer.Request{Op: wire.OpExists})
	null := wire.AppendInt32(nil, -1)
	cases := map[string]struct {
		op   wire.OpCode
		body []byte
		ok   bool
	}{
		"get":                           {wire.OpGetData, append(null, stat...), true},
		"get with a short stat":         {wire.OpGetData, append(null, stat[:67]...), false},
		"get with a length of -2":       {wire.OpGetData, append(wire.AppendInt32(nil, -2), stat...), false},
		"children":                      {wire.OpGetChildren2, append(wire.AppendStrings(nil, []string{"a"}), stat...), true},
		"children, null":                {wire.OpGetChildren2, append(null, stat...), false},
		"children, count of 2³¹":        {wire.OpGetChildren2, append(wire.AppendInt32(nil, -1<<31), stat...), false},
		"children, count of 2³¹-1":      {wire.OpGetChildren2, append(wire.AppendInt32(nil, 1<<31-1), stat...), false},
		"get acl, null":                 {wire.OpGetACL, append(null, stat...), false},
		"get acl, count of 2³¹-1":       {wire.OpGetACL, append(wire.AppendInt32(nil, 1<<31-1), stat...), false},
		"exists":                        {wire.OpExists, stat, true},
		"exists with nothing":           {wire.OpExists, nil, false},
		"set with a short stat":         {wire.OpSetData, stat[:10], false},
		"create":                        {wire.OpCreate, wire.AppendString(nil, "/a"), true},
		"create with a length too long": {wire.OpCreate, wire.AppendInt32(nil, 5), false},
		"sync with nothing":             {wire.OpSync, nil, false},
		"delete":                        {wire.OpDelete, nil, true},
		"multi":                         {wire.OpMulti, wire.AppendMultiHeader(nil, wire.OpError, true, -1), true},
		"multi without an end":          {wire.OpMulti, wire.AppendMultiHeader(nil, wire.OpDelete, false, 0), false},
		"multi, 5 bytes of a header":    {wire.OpMulti, make([]byte, 5), false},
		"multi, set with a short stat":  {wire.OpMulti, append(wire.AppendMultiHeader(nil, wire.OpSetData, false, 0), 1), false},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				w := newWorld(t, func(c *zkpeer.Conn) {
					c.Accept()
					c.Serve(func(r zkpeer.Request) bool { return r.Op == test.op && c.Reply(r, test.body) })
				})
				u := w.open()
				synctest.Wait()
				w.j.take()
				u.write(5, test.op, wire.AppendPath(nil, "", "/a"))
				synctest.Wait()
				bad := slices.Contains(w.j.take(), fmt.Sprintf("up: xid 5 code %d", wire.CodeMarshalling))
				if bad == test.ok {
					t.Errorf("handed up as undecodable: %v, want %v", bad, !test.ok)
				}
				w.get("/still")
				if test.op == wire.OpGetData {
					return // the peer would answer this get in the same way
				}
				synctest.Wait()
				w.j.want(t, "/still: ok")
			})
		})
	}
}
