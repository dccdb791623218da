package zktest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// wait is how long a test waits for something that must happen.
const wait = 20 * time.Second

func testContext(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	t.Cleanup(cancel)
	return ctx
}

func connect(t testing.TB, srv *zktest.Server, opts ...zkasync.Option) *zkasync.Client {
	t.Helper()
	c, err := zkasync.Connect(testContext(t), srv.Addr(), append(srv.Options(), opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Hundreds of servers run at the same time without affecting each other.
func TestServer_ManySideBySide(t *testing.T) {
	t.Parallel()
	const servers = 200
	var wg sync.WaitGroup
	for i := range servers {
		srv := zktest.Run(t)
		wg.Go(func() {
			ctx := testContext(t)
			c, err := zkasync.Connect(ctx, srv.Addr(), srv.Options()...)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			if _, err := c.Create(ctx, "/mine", fmt.Append(nil, i)).Get(ctx); err != nil {
				t.Error(err)
			}
			if n, err := c.Get(ctx, "/mine").Get(ctx); err != nil || string(n.Data) != fmt.Sprint(i) {
				t.Errorf("server %d: %q, %v", i, n.Data, err)
			}
		})
	}
	wg.Wait()
}

// Servers of different releases differ as the source code of ZooKeeper says.
func TestServer_Versions(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		version                                string
		whoAmI, eventZxid, statInMulti, checks bool
	}{
		{"3.6.3", false, false, false, true},
		{"3.7.2", true, false, true, true},
		{"3.8.0", true, false, false, true},
		{"3.8.2", true, false, true, true},
		{"3.8.5", true, false, true, false},
		{"3.9.0", true, true, true, true},
		{"3.9.3", true, true, true, false},
	} {
		t.Run(tt.version, func(t *testing.T) {
			t.Parallel()
			srv := zktest.Run(t, zktest.WithVersion(tt.version))
			r := openRaw(t, srv)
			answered := func(op wire.OpCode, body []byte) (wire.ReplyHeader, []byte) {
				r.send(op, body)
				h, rest, err := r.reply()
				must(t, err)
				return h, rest
			}
			answered(wire.OpGetChildren, cat(str("/"), boolean(true)))
			h, _ := answered(wire.OpMulti, multiBody([]part{partCreate2("/a")}))
			if (h.Zxid == 2) != tt.eventZxid || h.Xid != wire.XidWatch { // the event comes first
				t.Errorf("an event has xid %d and zxid %d", h.Xid, h.Zxid)
			}
			if _, rest, _ := r.reply(); (len(rest) > 68) != tt.statInMulti {
				t.Errorf("a create2 in a multi is answered with %d bytes", len(rest))
			}
			if h, _ := answered(wire.OpCheck, cat(str("/none"), num(-1))); (h.Err == -101) != tt.checks {
				t.Errorf("check is answered with %d", h.Err)
			}
			r = openRaw(t, srv)
			if h, _ := answered(wire.OpWhoAmI, nil); (h.Err == 0) != tt.whoAmI {
				t.Errorf("whoAmI is answered with %d", h.Err)
			}
		})
	}
}

func TestServer_Superuser(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	srv := zktest.Run(t, zktest.WithSuperuser("secret"))
	owner := connect(t, srv, zkasync.WithAuth("digest", []byte("a:b")))
	_, err := owner.Create(ctx, "/locked", nil, zkasync.WithACL(zk.AuthACL(zk.PermAll))).Get(ctx)
	must(t, err)
	if _, err := connect(t, srv).Get(ctx, "/locked").Get(ctx); !errors.Is(err, zk.ErrNoAuth) {
		t.Errorf("a stranger gets %v", err)
	}
	_, err = connect(t, srv, zkasync.WithAuth("digest", []byte("super:secret"))).Get(ctx, "/locked").Get(ctx)
	must(t, err)
}

func TestServer_Quotas(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	c := connect(t, zktest.Run(t, zktest.WithEnforcedQuotas()))
	create := func(path, data string) error {
		_, err := c.Create(ctx, path, []byte(data), zkasync.MakeParents()).Get(ctx)
		return err
	}
	must(t, create("/app/one", "1234"))
	must(t, create("/zookeeper/quota/app/zookeeper_limits", "count=-1,bytes=-1=;byteHardLimit=10;countHardLimit=3"))
	must(t, create("/zookeeper/quota/app/zookeeper_stats", ""))
	must(t, create("/app/two", "12"))
	quota := wire.ErrorOf(-125)
	if err := create("/app/three", ""); !errors.Is(err, quota) {
		t.Errorf("a fourth znode: %v", err)
	}
	if _, err := c.Set(ctx, "/app/two", []byte("1234567"), -1).Get(ctx); !errors.Is(err, quota) {
		t.Errorf("11 bytes: %v", err)
	}
	n, err := c.Get(ctx, "/zookeeper/quota/app/zookeeper_stats").Get(ctx)
	if must(t, err); string(n.Data) != "count=3,bytes=6" {
		t.Errorf("stats %q", n.Data)
	}
}

func TestServer_FourLetterWords(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	srv := zktest.Run(t)
	c := connect(t, srv)
	_, err := c.Create(ctx, "/mine", []byte("123"), zkasync.Ephemeral()).Get(ctx)
	must(t, err)
	_, err = c.GetW(ctx, "/mine").Get(ctx)
	must(t, err)
	_, err = c.ChildrenW(ctx, "/").Get(ctx) // only mntr counts watches of children
	must(t, err)
	session := c.Session().ID
	id := fmt.Sprintf("0x%x", session)
	for word, wants := range map[string][]string{
		"ruok": {"imok"},
		"isro": {"rw"},
		"srvr": {"Zookeeper version: 3.8.0-zktest", "Mode: standalone", "Zxid: 0x2", "Node count: 6", "Connections: 2"},
		"stat": {"Clients:\n /127.0.0.1:"},
		"mntr": {"zk_server_state\tstandalone\n", "zk_znode_count\t6\n", "zk_ephemerals_count\t1\n", "zk_watch_count\t2\n"},
		"conf": {"tickTime=2000\n", "minSessionTimeout=4000\n"},
		"cons": {"sid=" + id, "to=10000"},
		"dump": {"Session Sets (1)/(1):", id + ":\n\t/mine\n"},
		"envi": {"zookeeper.version=3.8.0"},
		"wchs": {"1 connections watching 1 paths\nTotal watches:1\n"},
		"wchc": {id + "\n\t/mine\n"},
		"wchp": {"/mine\n\t" + id + "\n"},
	} {
		answer, err := zkasync.FourLetterWord(ctx, srv.Addr(), word, srv.Options()...)
		if err != nil {
			t.Errorf("%s: %v", word, err)
		}
		for _, want := range wants {
			if !strings.Contains(answer, want) {
				t.Errorf("%s answers\n%s\nwithout %q", word, answer, want)
			}
		}
	}
	few := zktest.Run(t, zktest.WithFourLetterWords("srvr"))
	if err := zkasync.ServerOK(ctx, few.Addr(), few.Options()...); !errors.Is(err, zkasync.ErrNotWhitelisted) {
		t.Errorf("a word that is not listed: %v", err)
	}
}

func TestServer_MaxConnections(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t, zktest.WithMaxConnections(1))
	openRaw(t, srv)
	if _, err := srv.DialContext(testContext(t), "tcp", srv.Addr()); err == nil {
		t.Error("a second connection was accepted")
	}
}

func TestServer_Seeds(t *testing.T) {
	t.Parallel()
	id := func(opts ...zktest.Option) int64 { return openRaw(t, zktest.Run(t, opts...)).session }
	if a, b := id(zktest.WithSeed(1)), id(zktest.WithSeed(1)); a != b {
		t.Errorf("sessions %x and %x of one seed", a, b)
	}
	if a, b := id(zktest.WithSeed(1)), id(); a == b {
		t.Errorf("session %x of two seeds", a)
	}
}

func TestServer_ClosedRefuses(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t)
	must(t, srv.Close())
	if _, err := srv.DialContext(testContext(t), "tcp", srv.Addr()); !errors.Is(err, zktest.ErrClosed) {
		t.Errorf("dialling a closed server: %v", err)
	}
	if _, err := srv.Listen("127.0.0.1:0"); !errors.Is(err, zktest.ErrClosed) {
		t.Errorf("listening on a closed server: %v", err)
	}
}

func TestOptions_RefuseWhatCannotBe(t *testing.T) {
	t.Parallel()
	for want, opt := range map[string]zktest.Option{
		`version "3.5.0" is not from 3.6.0 to 3.10.x`: zktest.WithVersion("3.5.0"),
		`version "new" is not from`:                   zktest.WithVersion("new"),
		"clock is nil":                                zktest.WithClock(nil),
		"tick 1µs is not":                             zktest.WithTick(time.Microsecond),
		"session timeouts from 2s to 1s":              zktest.WithSessionTimeouts(2*time.Second, time.Second),
		"cleaning every 0s":                           zktest.WithCleaning(0),
		"maximum request size 1 is":                   zktest.WithMaxRequestSize(1),
		"maximum number of connections 0":             zktest.WithMaxConnections(0),
		"buffer of -1 bytes":                          zktest.WithBuffer(-1),
		`authentication scheme "world" is not one of digest, sasl, x509`: zktest.WithEnforcedAuthentication("world"),
		`ensemble names ["a" ""]`:               zktest.WithEnsembleNames("a", ""),
		`authentication by sasl is demanded`:    zktest.WithEnforcedAuthentication("sasl"),
		`ensemble names []`:                     zktest.WithEnsembleNames(),
		`four-letter word "nope" is not one of`: zktest.WithFourLetterWords("nope"),
		"password is empty":                     zktest.WithSuperuser(""),
		"first zxid -1":                         zktest.WithFirstZxid(-1),
	} {
		if _, err := zktest.New(opt); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
