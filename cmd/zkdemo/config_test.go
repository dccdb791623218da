package main

import (
	"strings"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/ensemble"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

func TestConfig_ShowsAndFollows(t *testing.T) {
	t.Parallel()
	ens := zktest.RunEnsemble(t, 3, zktest.WithReconfig(), zktest.WithSuperuser("secret"))
	addr, err := ens.Leader().Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := "--server=" + addr + "/app" // the chroot makes no difference
	out := zkdemo(t, "config", server).expect(t, exitOK).out
	says(t, out, "version ", ", 3 servers\n")
	if n := strings.Count(out, "participant"); n != 3 {
		t.Errorf("%d participants in\n%s", n, out)
	}
	before := parse[configJSON](t, zkdemo(t, "config", server, "--json").expect(t, exitOK).out)
	if len(before.Servers) != 3 || before.Servers[2].ID != 3 || before.Time != nil {
		t.Errorf("before: %+v", before)
	}

	text, lines := start(t, "config", "--follow", server), start(t, "config", "-f", server, "--json")
	text.out.await(t, ", 3 servers")
	lines.out.awaitLines(t, 1)
	c := connect(t, addr)
	if _, err := c.AddAuth(t.Context(), "digest", []byte("super:secret")).Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	member := ens.AddServer().Member(ensemble.Observer)
	now, err := c.Reconfig(t.Context(), zkasync.Joining(member)).Get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text.out.await(t, ", 4 servers")
	lines.out.awaitLines(t, 2)
	says(t, text.interrupt(t).expect(t, exitInterrupted).out, "4    observer     "+now.Servers[3].ClientAddr()+"  (servers: ")
	_, second, _ := strings.Cut(lines.interrupt(t).expect(t, exitInterrupted).out, "\n")
	after := parse[configJSON](t, second)
	if len(after.Servers) != 4 || after.Servers[3].Role != "observer" || after.Version <= before.Version || after.Time == nil {
		t.Errorf("after: %+v", after)
	}
}

func TestConfig_OfAServerAlone(t *testing.T) {
	t.Parallel()
	server, _ := place(t)
	if out := zkdemo(t, "config", server).expect(t, exitOK).out; out != "no servers: the server runs alone\n" {
		t.Errorf("%q", out)
	}
	if v := parse[configJSON](t, zkdemo(t, "config", server, "--json").expect(t, exitOK).out); v.Servers == nil || len(v.Servers) != 0 {
		t.Errorf("%+v", v)
	}
}

func TestConfigText_HasEveryAddress(t *testing.T) {
	t.Parallel()
	config, err := ensemble.Parse("server.1=zk1:2888:3888|zk1b:2888:3888;2181;2281\nserver.2=zk2:2888:3888:observer\ngroup.1=1\nversion=1f")
	if err != nil {
		t.Fatal(err)
	}
	want := `version 1f, 2 servers
    1    participant  zk1:2181, TLS zk1:2281  (servers: zk1:2888:3888, zk1b:2888:3888)
    2    observer     port for clients unknown  (servers: zk2:2888:3888)
    group.1=1
`
	if got := configText(config); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestConfig_SaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	srv, addr := listening(t)
	srv.Fault(zktest.Fault{Op: zktest.OpGetData, Path: "/zookeeper/config", Do: zktest.Fail(zk.ErrNoNode)})
	says(t, zkdemo(t, "config", "--server", addr).expect(t, exitFailed).err, "/zookeeper/config", "does not exist")
	says(t, zkdemo(t, "config", "-f", "--server", addr).expect(t, exitFailed).err, "since 3.5")
}
