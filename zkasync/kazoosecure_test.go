package zkasync_test

import (
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/ensemble"
	"github.com/zkasync/zkasync-go/zkasync/sasl"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// exchangeTransaction lets kazoo read what a Transaction and CreateOrSet have written, and the other way round.
func exchangeTransaction(t *testing.T, c *zkasync.Client, k *kazoo) {
	ctx := t.Context()
	tx := c.Transaction()
	tx.Create("/tx", []byte("top"))
	box, short := tx.Create("/tx/box", nil, zkasync.Container()), tx.Create("/tx/short", []byte("x"), zkasync.TTL(time.Hour))
	must(t, tx.Commit(ctx))
	for _, made := range []zkasync.Created{result(t, box), result(t, short)} {
		if a := k.call("exists", "path", made.Path); a.Stat == nil || zk.Stat(*a.Stat) != made.Stat {
			t.Errorf("%s: stat %+v, kazoo's %+v", made.Path, made.Stat, a.Stat)
		}
	}
	got := k.call("transaction", "creates", []string{"/tx/box/theirs"}, "deletes", []string{"/tx/short"}).Results
	if !slices.Equal(got, []string{"/tx/box/theirs", "True"}) {
		t.Errorf("kazoo's transaction: %q", got)
	}
	next := c.Transaction()
	next.Check("/tx/box/theirs", 0)
	gone := next.Delete("/tx/short", zkasync.AnyVersion)
	fails(t, next.Commit(ctx), zk.ErrNoNode)
	partFails(t, gone, zk.ErrNoNode)

	if made := must(t, c.CreateOrSet(ctx, "/cos", []byte("1"))); !made.Created {
		t.Errorf("%+v", made)
	}
	sameNode(t, c, k, "/cos", []byte("1"))
	k.call("set", "path", "/cos", "data", inBase64([]byte("2")))
	if set := must(t, c.CreateOrSet(ctx, "/cos", []byte("3"))); set.Created || set.Stat.Version != 2 {
		t.Errorf("%+v", set)
	}
	sameNode(t, c, k, "/cos", []byte("3"))
	k.call("delete", "path", "/cos")
	if made := must(t, c.CreateOrSet(ctx, "/cos", nil)); !made.Created {
		t.Errorf("%+v", made)
	}
}

// The same user of SASL is the same to the servers, and the same identity in access control lists, on both sides.
func TestKazoo_SASL(t *testing.T) {
	t.Parallel()
	srv := check.Process(t, "its own SASL is the subject", zkserver.WithDigestMD5(realUsers))
	c := connect(t, srv.Addr(), zkasync.WithSASL(sasl.DigestMD5("bob", realUsers["bob"])))
	k := startKazoo(t, srv.Addr(), "sasl_options", map[string]string{"mechanism": "DIGEST-MD5", "username": "bob", "password": realUsers["bob"]})
	exchangeIdentity(t, srv.Addr(), c, k, zk.ACL{Perms: zk.PermAll, Scheme: "sasl", ID: "bob"})
}

// The same for a client certificate.
func TestKazoo_X509(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	srv := check.Process(t, "its own TLS is the subject", zkserver.WithMutualTLS(), zkserver.WithDir(dir))
	c := connect(t, srv.TLSAddr(), zkasync.WithTLS(srv.TLSConfig()))
	pair := filepath.Join(dir, "server.pem")
	k := startKazoo(t, srv.TLSAddr(), "use_ssl", true, "ca", filepath.Join(dir, "authority.pem"), "certfile", pair, "keyfile", pair)
	exchangeIdentity(t, srv.Addr(), c, k, zk.ACL{Perms: zk.PermAll, Scheme: "x509", ID: "CN=localhost"})
}

// exchangeIdentity lets each side protect a znode for the identity that both have, and the other side read it.
func exchangeIdentity(t *testing.T, servers string, c *zkasync.Client, k *kazoo, who zk.ACL) {
	t.Helper()
	ctx := testContext(t)
	must(t, c.Create(ctx, "/ours", []byte("x"), zkasync.WithACL([]zk.ACL{who})))
	k.call("create_for", "path", "/theirs", "data", inBase64([]byte("y")), "scheme", "auth", "id", "") // whoever creates it
	sameNode(t, c, k, "/ours", []byte("x"))
	sameNode(t, c, k, "/theirs", []byte("y"))
	if got := must(t, c.GetACL(ctx, "/theirs")).Entries; !slices.Equal(got, []zk.ACL{who}) {
		t.Errorf("kazoo's acl %v, want %v", got, who)
	}
	want := [][3]any{{float64(who.Perms), who.Scheme, who.ID}}
	if got := k.call("acl", "path", "/ours").ACL; !reflect.DeepEqual(got, want) {
		t.Errorf("kazoo reads the acl %v, want %v", got, want)
	}
	stranger := connect(t, servers)
	fails(t, stranger.Get(ctx, "/theirs"), zk.ErrNoAuth)
	if a := startKazoo(t, servers).try("get", "path", "/ours"); a.Error != "NoAuthError" {
		t.Errorf("kazoo as a stranger: %+v", a)
	}
}

// Each side reconfigures the ensemble, and the other one reads the configuration.
func TestKazoo_Reconfig(t *testing.T) {
	t.Parallel()
	ens := zktest.RunEnsemble(t, 3, zktest.WithReconfig(), zktest.WithSuperuser("secret"))
	addr, err := ens.Servers()[0].Listen("127.0.0.1:0")
	mustDo(t, err)
	c := connect(t, addr, zkasync.WithAuth("digest", []byte("super:secret")))
	k := startKazoo(t, addr)
	k.call("add_auth", "credential", "super:secret")
	live := c.WatchConfig(t.Context())
	fourth, fifth := ens.AddServer().Member(ensemble.Observer), ens.AddServer().Member(ensemble.Participant)
	read, err := ensemble.Parse(k.call("reconfig", "joining", fourth, "leaving", nil).Text)
	if err != nil || len(read.Servers) != 4 || read.Servers[3].String() != fourth {
		t.Errorf("kazoo got %q, %v", read.Text, err)
	}
	poll(t, "kazoo's configuration", func() bool {
		now, known := live.Latest()
		return known && now.Value.Text == read.Text
	})
	ours := must(t, c.Reconfig(t.Context(), zkasync.Joining(fifth), zkasync.Leaving(4), zkasync.FromVersion(read.Version)))
	if data := k.call("get", "path", "/zookeeper/config").Data; data == nil || *data != inBase64([]byte(ours.Text)) {
		t.Errorf("kazoo reads %v, want %q", data, ours.Text)
	}
	if a := k.try("reconfig", "joining", nil, "leaving", "5", "from_config", read.Version); !strings.Contains(a.Error, "BadVersion") {
		t.Errorf("kazoo, from an old version: %+v", a)
	}
}
