package discovery_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
	"github.com/zkasync/zkasync-go/zkasync/recipe/discovery"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// proxied returns a client behind a proxy that can break connections, and a twin with the same chroot and no proxy.
func proxied(t *testing.T) (c, twin *zkasync.Client, p *zkproxy.Proxy, servers string) {
	t.Helper()
	servers, twin = place(t)
	p = zkproxy.Run(t, zkserver.Shared(t).Addr())
	root := servers[len(zkserver.Shared(t).Addr()):]
	return connect(t, p.Addr()+root, zkasync.WithSessionTimeout(4*time.Second)), twin, p, servers
}

// addresses waits until these are the addresses of a service.
func addresses(t *testing.T, v *discovery.View, want ...string) {
	t.Helper()
	until(t, v, fmt.Sprint(want), func(s discovery.Service) bool {
		var all []string
		for _, i := range s.Instances {
			all = append(all, i.Address)
		}
		return fmt.Sprint(all) == fmt.Sprint(want)
	})
}

// An instance stays registered and visible, whatever happens to its znode, to the znode's parents, and to the sessions of those
// who have registered it and who watch it.
func TestRegister_StaysWhateverHappens(t *testing.T) {
	t.Parallel()
	for _, typ := range []discovery.ServiceType{discovery.Dynamic, discovery.DynamicSequential} {
		t.Run(typ.String(), func(t *testing.T) {
			t.Parallel()
			c, twin, p, _ := proxied(t)
			mine := discovery.New(c, "/deep/services").Register(discovery.Instance{Name: "web", ID: "a", Address: "one", Type: typ})
			must(t, mine.Ready())
			far, near := discovery.New(twin, "/deep/services").Watch(t.Context(), "web"), discovery.New(c, "/deep/services").Watch(t.Context(), "web")
			defer far.Close()
			defer near.Close()
			addresses(t, far, "one")
			must(t, twin.Delete(t.Context(), mine.Path(), zkasync.AnyVersion))
			addresses(t, far, "one")
			old := must(t, twin.Exists(t.Context(), "/deep")).Czxid
			must(t, twin.DeleteAll(t.Context(), "/deep"))
			poll(t, "the parents", func() bool { // the view may never be empty in between
				stat, err := twin.Exists(t.Context(), "/deep").Get(t.Context())
				return err == nil && stat != nil && stat.Czxid != old
			})
			addresses(t, far, "one")
			next := mine.Instance()
			next.Address = "two"
			p.Cut()
			must(t, mine.Update(next))
			addresses(t, far, "two")

			first := c.Session().ID
			p.Drop(zkproxy.ToServer, true)
			p.Drop(zkproxy.ToClient, true)
			addresses(t, far)
			p.Cut()
			p.Heal()
			addresses(t, far, "two")
			addresses(t, near, "two")
			if c.Session().ID == first {
				t.Error("the session has not ended")
			}
			must(t, mine.Unregister())
			addresses(t, far)
			addresses(t, near)
		})
	}
}

// A process that crashes and is started again with the same id is visible at once, before its old session has ended.
func TestRegister_RestartBeforeTheSessionIsOver(t *testing.T) {
	t.Parallel()
	for _, typ := range []discovery.ServiceType{discovery.Dynamic, discovery.Static} {
		t.Run(typ.String(), func(t *testing.T) {
			t.Parallel()
			crashed, twin, p, _ := proxied(t)
			before := discovery.New(crashed, "/services").Register(discovery.Instance{Name: "web", ID: "a", Address: "before"})
			must(t, before.Ready())
			p.Drop(zkproxy.ToServer, true) // like a crash: the server does not notice at once
			p.Drop(zkproxy.ToClient, true)
			d := discovery.New(twin, "/services")
			after := d.Register(discovery.Instance{Name: "web", ID: "a", Address: "after", Type: typ})
			must(t, after.Ready())
			v := d.Watch(t.Context(), "web")
			defer v.Close()
			addresses(t, v, "after")
			poll(t, "the end of the session", func() bool { return crashed.State() == zkasync.StateLost })
			p.Cut()
			p.Heal()
			returns(t, crashed)
			addresses(t, v, "after")
			must(t, after.Unregister())
			if typ == discovery.Dynamic {
				addresses(t, v, "before") // it has waited for this
			}
			must(t, before.Unregister())
			addresses(t, v)
		})
	}
}

// returns waits until a client that was cut off is answered again.
func returns(t *testing.T, c *zkasync.Client) {
	t.Helper()
	poll(t, "its return", func() bool {
		_, err := c.Sync(t.Context(), "/").Get(t.Context())
		return err == nil
	})
}

// A static instance outlives its client. Of many updates, the last one counts.
func TestRegister_Static(t *testing.T) {
	t.Parallel()
	servers, twin := place(t)
	c := connect(t, servers)
	acl := zk.DigestACL(zk.PermAll, "a", "b")
	must(t, twin.AddAuth(t.Context(), "digest", []byte("a:b")))
	must(t, c.AddAuth(t.Context(), "digest", []byte("a:b")))
	d := discovery.New(c, "/services", discovery.WithACL(acl))
	r := d.Register(discovery.Instance{Name: "web", ID: "a", Type: discovery.Static})
	var last discovery.Instance
	for i := range 100 {
		last = r.Instance()
		last.Port = i + 1
		r.Update(last)
	}
	must(t, r.Update(last))
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	other := discovery.New(twin, "/services", discovery.WithACL(acl))
	if i := must(t, other.Instance(t.Context(), "web", "a")); i.Port != 100 || i.Type != discovery.Static {
		t.Errorf("there is %+v", i)
	}
	if got := must(t, twin.GetACL(t.Context(), "/services/web/a")); got.Entries[0].Scheme != "digest" {
		t.Errorf("its ACL is %v", got)
	}
	fails(t, r.Update(last), zkasync.ErrClosed)
	again := other.Register(discovery.Instance{Name: "web", ID: "a", Address: "again", Type: discovery.Permanent})
	must(t, again.Ready())
	must(t, twin.Delete(t.Context(), "/services/web/a", zkasync.AnyVersion))
	must(t, again.Update(again.Instance()))
	if i := must(t, other.Instance(t.Context(), "web", "a")); i.Address != "again" {
		t.Errorf("there is %+v", i)
	}
	written := again.Update(again.Instance())
	gone := again.Unregister()
	must(t, written)
	must(t, gone)
	must(t, again.Unregister())
	fails(t, again.Update(again.Instance()), recipe.ErrReleased)
	fails(t, other.Instance(t.Context(), "web", "a"), zk.ErrNoNode)
}

func TestRegister_StaticLosesAnyOneRequest(t *testing.T) {
	t.Parallel()
	for _, op := range []zktest.Op{zktest.OpAnyCreate, zktest.OpExists, zktest.OpSetData, zktest.OpMulti, zktest.OpDelete} {
		for _, when := range []zktest.When{zktest.Before, zktest.After} {
			t.Run(fmt.Sprint(op, when), func(t *testing.T) {
				t.Parallel()
				srv := zktest.Run(t)
				twin := connect(t, srv.Addr(), srv.Options()...)
				c := connect(t, srv.Addr(), srv.Options()...)
				must(t, twin.Create(t.Context(), "/services/web/a", nil, zkasync.MakeParents(), zkasync.Ephemeral()))
				struck := srv.Fault(zktest.Fault{Op: op, Session: c.Session().ID, When: when, Count: 1, Do: zktest.Drop()})
				r := discovery.New(c, "/services").Register(discovery.Instance{Name: "web", ID: "a", Type: discovery.Static})
				must(t, r.Ready())
				next := r.Instance()
				next.Address = "next"
				must(t, r.Update(next))
				n := must(t, twin.Get(t.Context(), "/services/web/a"))
				var got discovery.Instance
				if err := json.Unmarshal(n.Data, &got); err != nil || got.Address != "next" || n.Stat.EphemeralOwner != 0 {
					t.Errorf("there is %s %v %v", n.Data, n.Stat, err)
				}
				must(t, r.Unregister())
				if must(t, twin.Exists(t.Context(), "/services/web/a")) != nil || struck.Fired() != 1 {
					t.Errorf("the znode still exists, or the fault did not strike once: %d", struck.Fired())
				}
			})
		}
	}
}

func TestRegister_RefusesBadInput(t *testing.T) {
	t.Parallel()
	_, c := place(t)
	d := discovery.New(c, "/services")
	for rule, i := range map[string]discovery.Instance{
		`name "" of a service`:      {ID: "a"},
		`name "a/b" of a service`:   {Name: "a/b", ID: "a"},
		`name ".." of a service`:    {Name: "..", ID: "a"},
		`name "a/b" of an instance`: {Name: "web", ID: "a/b"},
		`port 65536 is not`:         {Name: "web", ID: "a", Port: 65536},
		`port -1 is not`:            {Name: "web", ID: "a", SSLPort: -1},
		`payload "{" is not JSON`:   {Name: "web", ID: "a", Payload: json.RawMessage("{")},
		`no service type 9`:         {Name: "web", ID: "a", Type: 9},
	} {
		r := d.Register(i)
		says(t, r.Ready(), rule)
		says(t, r.Update(i), rule)
		must(t, r.Unregister())
		if i.Name == "web" {
			good := d.Register(discovery.Instance{Name: "web", ID: "a"})
			says(t, good.Update(i), "")
			must(t, good.Unregister())
		}
	}
	r := d.Register(discovery.Instance{Name: "web", ID: "a"})
	for _, other := range []discovery.Instance{{Name: "db", ID: "a"}, {Name: "web", ID: "b"}, {Name: "web", ID: "a", Type: discovery.Static}} {
		fails(t, r.Update(other), discovery.ErrOtherInstance)
	}
	must(t, r.Update(discovery.Instance{Name: "web", Port: 1}))
	if i := must(t, d.Instance(t.Context(), "web", "a")); i.Port != 1 || !i.Registered.Equal(r.Instance().Registered) || i.Registered.IsZero() {
		t.Errorf("there is %+v", i)
	}
	must(t, r.Unregister())
	random := d.Register(discovery.Instance{Name: "web"})
	must(t, random.Ready())
	if id := random.Instance().ID; len(id) != 36 || random.Path() != "/services/web/"+id {
		t.Errorf("the znode is %s", random.Path())
	}
	must(t, random.Unregister())
	says(t, d.Service(t.Context(), "a/b"), `name "a/b" of a service`)
	says(t, d.Instance(t.Context(), "web", ""), `name "" of an instance`)
	bad := d.Watch(t.Context(), "")
	<-bad.Done()
	if err := bad.Err(); err == nil || !contains(err, `name "" of a service`) {
		t.Error(err)
	}
	fails(t, discovery.New(c, "no/slash").Names(t.Context()), zk.ErrInvalidPath)
	fails(t, discovery.New(c, "no/slash").Register(discovery.Instance{Name: "web", Type: discovery.Static}).Ready(), zk.ErrInvalidPath)
}

// Closing the client ends everything that is under way.
func TestRegister_ClientCloses(t *testing.T) {
	t.Parallel()
	for range 20 {
		servers, _ := place(t)
		c := connect(t, servers)
		d := discovery.New(c, "/services")
		p := d.Provider(t.Context(), "web")
		waiting := p.Await(t.Context())
		var all []*discovery.Registration
		for i := range 8 {
			all = append(all, d.Register(discovery.Instance{Name: fmt.Sprint("s", i), ID: "a", Type: discovery.ServiceType(i % 4)}))
		}
		list := d.Service(t.Context(), "web")
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		for _, r := range all {
			if _, err := r.Ready().Get(t.Context()); err != nil && !errors.Is(err, zkasync.ErrClosed) {
				t.Error(err)
			}
			_, _ = r.Unregister().Get(t.Context()) // with any outcome, but it must end
		}
		_, _ = list.Get(t.Context())
		fails(t, waiting, zkasync.ErrClosed)
		<-p.Done()
	}
}

// Instance does not return what an update has failed to write.
func TestRegistration_UpdateThatFails(t *testing.T) {
	t.Parallel()
	for _, typ := range []discovery.ServiceType{discovery.Dynamic, discovery.Static, discovery.DynamicSequential} {
		srv := zktest.Run(t)
		c := connect(t, srv.Addr(), srv.Options()...)
		r := discovery.New(c, "/services").Register(discovery.Instance{Name: "web", ID: "a", Address: "first", Type: typ})
		must(t, r.Ready())
		refused := srv.Fault(zktest.Fault{Op: zktest.OpSetData, Do: zktest.Fail(zk.ErrNoAuth)})
		next := r.Instance()
		next.Address = "refused"
		fails(t, r.Update(next), zk.ErrNoAuth)
		if i := r.Instance(); i.Address != "first" {
			t.Errorf("%v: the registered address is %q", typ, i.Address)
		}
		refused.Remove()
		next.Address = "second"
		must(t, r.Update(next))
		if i := r.Instance(); i.Address != "second" {
			t.Errorf("%v: the registered address is %q", typ, i.Address)
		}
	}
}
