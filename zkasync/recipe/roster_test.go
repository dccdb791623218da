package recipe_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// roll returns members as text.
func roll(members []recipe.Member) string {
	var all []string
	for _, m := range members {
		text := fmt.Sprintf("%s=%s", m.Name, m.Data)
		if m.Err != nil {
			text = m.Name + "!"
		}
		all = append(all, text)
	}
	return strings.Join(all, " ")
}

// shows waits until a roster has these members. It uses Changed and Latest.
func shows(t *testing.T, r *recipe.Roster, want string) {
	t.Helper()
	end := time.After(wait)
	for {
		changed := r.Changed()
		members, known := r.Latest()
		if known && roll(members) == want {
			return
		}
		select {
		case <-changed.Done():
		case <-end:
			t.Fatalf("the roster shows %q, %v; want %q", roll(members), known, want)
		}
	}
}

func TestRoster_FollowsWhateverHappens(t *testing.T) {
	t.Parallel()
	c, twin, p := proxied(t, zkasync.WithSessionTimeout(4*time.Second))
	g := recipe.NewGroup(c, "/deep/group")
	r := g.Roster(t.Context())
	defer r.Close()
	shows(t, r, "")
	mine := g.Join("mine", []byte("1"))
	shows(t, r, "mine=1")
	theirs := recipe.NewGroup(twin, "/deep/group").Join("theirs", []byte("2"))
	shows(t, r, "mine=1 theirs=2")
	must(t, theirs.SetData([]byte("3")))
	shows(t, r, "mine=1 theirs=3")
	must(t, twin.DeleteAll(t.Context(), "/deep"))
	must(t, theirs.SetData([]byte("4")))
	shows(t, r, "mine=1 theirs=4")

	p.Cut() // and a change meanwhile
	must(t, theirs.SetData([]byte("5")))
	shows(t, r, "mine=1 theirs=5")

	old := c.Session().ID
	p.Drop(zkproxy.ToServer, true)
	p.Drop(zkproxy.ToClient, true)
	poll(t, "the session's end", func() bool { return must(t, twin.Exists(t.Context(), mine.Path())) == nil })
	must(t, theirs.SetData([]byte("6")))
	p.Cut()
	p.Heal()
	shows(t, r, "mine=1 theirs=6")
	if c.Session().ID == old {
		t.Error("the session has not ended")
	}
	must(t, mine.Close())
	shows(t, r, "theirs=6")
}

// A member that may not be read is listed with the reason, and with its data when it may be read again. The others stay visible.
func TestRoster_HiddenMember(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	owner := connect(t, servers)
	must(t, owner.AddAuth(t.Context(), "digest", []byte("a:b")))
	hidden := zk.DigestACL(zk.PermAll, "a", "b")
	must(t, owner.Create(t.Context(), "/group/a", []byte("1"), zkasync.MakeParents()))
	must(t, owner.Create(t.Context(), "/group/b", []byte("2"), zkasync.WithACL(hidden)))
	r := recipe.NewGroup(c, "/group").Roster(t.Context())
	defer r.Close()
	shows(t, r, "a=1 b!")
	members, _ := r.Latest()
	if !errors.Is(members[1].Err, zk.ErrNoAuth) {
		t.Error(members[1].Err)
	}
	must(t, owner.Set(t.Context(), "/group/a", []byte("3"), zkasync.AnyVersion))
	shows(t, r, "a=3 b!")
	must(t, owner.SetACL(t.Context(), "/group/b", zk.WorldACL(zk.PermAll), zkasync.AnyVersion))
	shows(t, r, "a=3 b=2")
	must(t, owner.SetACL(t.Context(), "/group/b", hidden, zkasync.AnyVersion))
	r.Refresh()
	shows(t, r, "a=3 b!")
	must(t, owner.Delete(t.Context(), "/group/b", zkasync.AnyVersion))
	shows(t, r, "a=3")
}

// If the path may not be listed from the beginning, the roster ends. If it was listed before, the roster tries again.
func TestRoster_HiddenList(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	owner := connect(t, servers)
	must(t, owner.AddAuth(t.Context(), "digest", []byte("a:b")))
	hidden := zk.DigestACL(zk.PermAll, "a", "b")
	must(t, owner.Create(t.Context(), "/hidden", nil, zkasync.WithACL(hidden)))
	never := recipe.NewGroup(c, "/hidden").Roster(t.Context())
	within(t, "the refusal", func() { <-never.Done() })
	if err := never.Err(); !errors.Is(err, zk.ErrNoAuth) {
		t.Error(err)
	}
	must(t, owner.Create(t.Context(), "/group", nil))
	r := recipe.NewGroup(c, "/group").Roster(t.Context())
	defer r.Close()
	shows(t, r, "")
	must(t, owner.SetACL(t.Context(), "/group", hidden, zkasync.AnyVersion))
	r.Refresh()
	must(t, owner.Create(t.Context(), "/group/a", []byte("1")))
	must(t, owner.SetACL(t.Context(), "/group", zk.WorldACL(zk.PermAll), zkasync.AnyVersion))
	shows(t, r, "a=1")
}

func TestRoster_Ends(t *testing.T) {
	t.Parallel()
	servers, _ := place(t)
	c := connect(t, servers)
	g := recipe.NewGroup(c, "/group")
	ctx, cancel := context.WithCancel(t.Context())
	byContext, byClose, byClient := g.Roster(ctx), g.Roster(t.Context()), g.Roster(t.Context())
	bad := recipe.NewGroup(c, "no/slash").Roster(t.Context())
	shows(t, byContext, "")
	last := byContext.Changed()
	cancel()
	byClose.Close()
	shows(t, byClient, "")
	inFlight := g.Roster(t.Context())
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for r, want := range map[*recipe.Roster]error{byContext: context.Canceled, byClose: recipe.ErrReleased, byClient: zkasync.ErrClosed,
		bad: zk.ErrInvalidPath, inFlight: zkasync.ErrClosed, g.Roster(t.Context()): zkasync.ErrClosed} {
		within(t, "the end", func() { <-r.Done() })
		if !errors.Is(r.Err(), want) {
			t.Errorf("it ends with %v, want %v", r.Err(), want)
		}
		for _, err := range r.All(t.Context()) {
			if err != r.Err() {
				t.Errorf("after the end: %v", err)
			}
		}
		must(t, r.Changed())
		states := 0
		for range r.C() { // the last list, even if nobody has asked for it before
			states++
		}
		if _, known := r.Latest(); states > 1 || (states == 1) != known {
			t.Errorf("%v: %d states in the channel, known %v", r.Err(), states, known)
		}
	}
	must(t, last)
}

// Any one request is lost, its answer is lost, or it is throttled. In the end, the roster has all members.
func TestRoster_LosesAnyOneRequest(t *testing.T) {
	t.Parallel()
	for _, op := range []zktest.Op{zktest.OpExists, zktest.OpGetChildren2, zktest.OpGetData} {
		for name, do := range map[string]zktest.Action{"lost": zktest.Drop(), "throttled": zktest.Fail(zkasync.ErrThrottled)} {
			for skip := range 3 {
				t.Run(fmt.Sprintf("%v %s, %d before", op, name, skip), func(t *testing.T) {
					t.Parallel()
					srv := zktest.Run(t)
					c := serve(t, srv)
					twin := serve(t, srv)
					struck := srv.Fault(zktest.Fault{Op: op, Session: c.Session().ID, Skip: skip, Count: 1, Do: do})
					r := recipe.NewGroup(c, "/group").Roster(t.Context())
					defer r.Close()
					want := ""
					for _, name := range []string{"a", "b", "c"} {
						must(t, twin.Create(t.Context(), "/group/"+name, []byte("0"), zkasync.MakeParents()))
						must(t, twin.Set(t.Context(), "/group/"+name, []byte("1"), zkasync.AnyVersion))
						want = strings.TrimSpace(want + " " + name + "=1")
						shows(t, r, want)
					}
					must(t, twin.DeleteAll(t.Context(), "/group"))
					shows(t, r, "")
					if op != zktest.OpExists && struck.Fired() != 1 {
						t.Error("nothing was broken")
					}
				})
			}
		}
	}
}

// serve is a client of a server in this process.
func serve(t *testing.T, srv *zktest.Server, opts ...zkasync.Option) *zkasync.Client {
	t.Helper()
	return connect(t, srv.Addr(), append(srv.Options(), opts...)...)
}

// Callbacks come on the client's handler, and a roster goes on behind one that waits for it.
func TestRoster_ChangedInCallback(t *testing.T) {
	t.Parallel()
	_, c := place(t)
	g := recipe.NewGroup(c, "/group")
	r := g.Roster(t.Context())
	defer r.Close()
	done := future.NewPromise[string](nil)
	r.Changed().OnDone(func(future.Void, error) {
		g.Join("a", []byte("1"))
		for members, err := range r.All(t.Context()) {
			if err == nil && len(members) == 1 {
				done.Resolve(roll(members))
				return
			}
		}
		done.Reject(r.Err())
	})
	if got := must(t, done.Future()); got != "a=1" {
		t.Errorf("it shows %q", got)
	}
}

// A list that may not be read any more is told of, and so is that it may be read again.
func TestRoster_ListIsHiddenLater(t *testing.T) {
	t.Parallel()
	_, srv, c := local(t)
	if err := srv.Load(map[string]string{"/group/a": "1"}); err != nil {
		t.Fatal(err)
	}
	g := recipe.NewGroup(c, "/group")
	r := g.Roster(t.Context())
	defer r.Close()
	shows(t, r, "a=1")
	ended, watching := make(chan error, 1), make(chan bool, 10)
	go func() {
		ended <- last(func(yield func([]recipe.Member, error) bool) {
			for members, err := range g.Watch(t.Context()) {
				if watching <- true; !yield(members, err) {
					return
				}
			}
		})
	}()
	<-watching
	changed := r.Changed()
	hidden := srv.Fault(zktest.Fault{Op: zktest.OpGetChildren2, Path: "/group", Do: zktest.Fail(zk.ErrNoAuth)})
	if err := srv.Put("/group/b", []byte("2")); err != nil {
		t.Fatal(err)
	}
	must(t, changed)
	var e *recipe.Error
	if err := r.Stale(); !errors.Is(err, zk.ErrNoAuth) || !errors.As(err, &e) || e.Path != "/group" || r.Err() != nil {
		t.Errorf("stale: %v, ended: %v", err, r.Err())
	}
	within(t, "the end of the range", func() {
		if err := <-ended; !errors.Is(err, zk.ErrNoAuth) {
			t.Errorf("it ends with %v", err)
		}
	})
	shows(t, r, "a=1")
	changed = r.Changed()
	hidden.Remove()
	must(t, changed)
	shows(t, r, "a=1 b=2")
	if err := r.Stale(); err != nil {
		t.Errorf("stale: %v", err)
	}
}

// A server drops a watch, without an event, when the client may not be told of the change (ZOOKEEPER-4799). If a member's own watch
// reports the deletion and the list's watch does not, the roster must read the list again.
func TestRoster_ListWatchIsSpent(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	owner := connect(t, servers)
	must(t, owner.AddAuth(t.Context(), "digest", []byte("a:b")))
	must(t, owner.Create(t.Context(), "/group/a", []byte("1"), zkasync.MakeParents(), zkasync.WithACL(zk.WorldACL(zk.PermAll))))
	r := recipe.NewGroup(c, "/group").Roster(t.Context())
	defer r.Close()
	shows(t, r, "a=1")
	must(t, owner.SetACL(t.Context(), "/group", zk.DigestACL(zk.PermAll, "a", "b"), zkasync.AnyVersion))
	must(t, owner.Delete(t.Context(), "/group/a", zkasync.AnyVersion))
	poll(t, "the refusal", func() bool { return errors.Is(r.Stale(), zk.ErrNoAuth) })
	must(t, owner.SetACL(t.Context(), "/group", zk.WorldACL(zk.PermAll), zkasync.AnyVersion))
	poll(t, "it may be read again", func() bool { return r.Stale() == nil })
	must(t, owner.Create(t.Context(), "/group/b", []byte("2")))
	shows(t, r, "b=2")
}
