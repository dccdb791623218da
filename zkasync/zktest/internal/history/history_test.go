package history

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/acl"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/jute"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/release"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/timed"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/znode"
)

// clients records what a replica tells its clients.
type clients struct {
	ended   []int64
	dropped int
}

func (c *clients) SessionEnded(id int64) { c.ended = append(c.ended, id) }
func (c *clients) DropAll()              { c.dropped++ }

// newHistory returns a history of n replicas, locked until the test ends.
func newHistory(t *testing.T, n int) (*History, []*Replica, []*clients) {
	t.Helper()
	behaviour, err := release.Parse("3.8.0")
	if err != nil {
		t.Fatal(err)
	}
	cfg := &Config{Clock: timed.Real{}, Tick: 2 * time.Second, CleanEvery: time.Minute}
	cfg.Rules.Behaviour = behaviour
	h := New(cfg, func() {})
	var replicas []*Replica
	var heard []*clients
	for range n {
		heard = append(heard, new(clients))
		replicas = append(replicas, h.Add(znode.New(), "192.0.2.1:2181", heard[len(heard)-1]))
	}
	h.Form(0)
	h.Lock()
	t.Cleanup(func() {
		h.End()
		h.Unlock()
		h.Running.Wait()
	})
	return h, replicas, heard
}

func create(path string, flags int32) *jute.Operation {
	return &jute.Operation{Op: wire.OpCreate, Path: jute.Text{S: path}, ACL: acl.Open.Entries, Flags: flags, TTL: -1}
}

// A replica that lags catches up as far as one of its clients needs.
func TestReplica_HurriesForWhomItServes(t *testing.T) {
	t.Parallel()
	h, replicas, _ := newHistory(t, 3)
	behind := replicas[2]
	s, _ := h.Begin(10*time.Second, behind)
	behind.SetLag(Lag{Transactions: 5})
	if code := h.Do(create("/first", 0)); code != wire.CodeOK {
		t.Fatal(code)
	}
	if behind.Tree().Find("/first") != nil || replicas[1].Tree().Find("/first") == nil {
		t.Error("it is not the third replica alone that lags")
	}
	txn := h.Write(s, behind, nil, create("/second", 0))
	if behind.Result(txn) != nil {
		t.Fatal("applied at once by a replica that lags")
	}
	var answered *znode.Result
	behind.Await(txn, func(res znode.Result) { answered = &res })
	if answered == nil || answered.Code != wire.CodeOK || answered.Path != "/second" || behind.Tree().Find("/first") == nil {
		t.Errorf("the result is %+v", answered)
	}
}

// A session that has moved to another replica may no longer write at the old one.
func TestHistory_SessionThatHasMoved(t *testing.T) {
	t.Parallel()
	h, replicas, _ := newHistory(t, 3)
	s, _ := h.Begin(10*time.Second, replicas[1])
	s.Owner = replicas[2]
	if txn := h.Write(s, replicas[1], nil, create("/a", 0)); txn.Code != wire.CodeSessionMoved {
		t.Errorf("code %d, want %d", txn.Code, wire.CodeSessionMoved)
	}
}

// A session whose client is silent ends on every replica, together with its ephemeral znodes.
func TestHistory_SessionsExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, replicas, heard := newHistory(t, 2)
		s, _ := h.Begin(10*time.Second, replicas[0])
		if txn := h.Write(s, replicas[0], nil, create("/mine", jute.FlagEphemeral)); txn.Code != wire.CodeOK {
			t.Fatal(txn.Code)
		}
		h.Unlock()
		time.Sleep(13 * time.Second)
		h.Lock()
		for i, r := range replicas {
			if len(heard[i].ended) != 1 || heard[i].ended[0] != s.ID || r.Tree().Find("/mine") != nil {
				t.Errorf("replica %d: ended %v, want %x; its znode there: %v", i+1, heard[i].ended, s.ID, r.Tree().Find("/mine") != nil)
			}
		}
	})
}

// Without a majority there is no leader. Clients on the side of the majority lose only their connections.
func TestHistory_Partition(t *testing.T) {
	t.Parallel()
	h, replicas, heard := newHistory(t, 3)
	if code := h.Do(create("/before", 0)); code != wire.CodeOK {
		t.Fatal(code)
	}
	h.Partition(replicas[:1])
	if h.Leader() == nil || h.Leader() == replicas[0] || replicas[0].Mode() != "" || heard[0].dropped == 0 {
		t.Fatalf("server 1, cut off, is %q", replicas[0].Mode())
	}
	if code := h.Do(create("/meanwhile", 0)); code != wire.CodeOK {
		t.Fatal(code)
	}
	h.Partition(nil)
	if replicas[0].Mode() != "follower" || replicas[0].Tree().Find("/meanwhile") == nil {
		t.Errorf("server 1, back again, is %q", replicas[0].Mode())
	}
	h.Partition(replicas[:1])
	replicas[1].Stop()
	if h.Leader() != nil {
		t.Error("one of three leads")
	}
}
