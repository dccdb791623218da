package zktest_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// Servers that are configured for more than the script of the other golden test needs.
func TestGolden_ConfiguredServers(t *testing.T) {
	t.Parallel()
	zkserver.Needs(t, "3.7", "hard limits of quotas, whoAmI and the enforcement of authentication")
	users := map[string]string{"bob": "builder"}
	for name, test := range map[string]struct {
		play   func(*golden)
		theirs []zkserver.Option
		ours   []zktest.Option
	}{
		"superuser": {(*golden).superuser, []zkserver.Option{zkserver.WithSuperuser("secret")}, []zktest.Option{zktest.WithSuperuser("secret")}},
		"quotas":    {(*golden).quotas, []zkserver.Option{zkserver.WithConfig("enforceQuota", "true")}, []zktest.Option{zktest.WithEnforcedQuotas()}},
		"nothing enabled": {(*golden).nothingEnabled, []zkserver.Option{zkserver.WithConfig("extendedTypesEnabled", "false")},
			[]zktest.Option{zktest.WithExtendedTypes(false)}},
		"client with IPv6": {(*golden).overIPv6, []zkserver.Option{zkserver.WithConfig("clientPortAddress", "::")}, nil},
		"ensemble names": {(*golden).ensembleNames, []zkserver.Option{
			zkserver.WithJVMFlag("-Dzookeeper.authProvider.ensemble=org.apache.zookeeper.server.auth.EnsembleAuthenticationProvider"),
			zkserver.WithJVMFlag("-Dzookeeper.ensembleAuthName=one,two"),
		}, []zktest.Option{zktest.WithEnsembleNames("one", "two")}},
		"enforced digest": {(*golden).enforcedDigest, []zkserver.Option{zkserver.WithEnforcedAuth("digest")},
			[]zktest.Option{zktest.WithEnforcedAuthentication("digest")}},
		"required sasl": {(*golden).enforcedSASL, []zkserver.Option{zkserver.WithDigestMD5(users), zkserver.WithRequiredSASL()},
			[]zktest.Option{zktest.WithSASL(users), zktest.WithEnforcedAuthentication("sasl")}},
		"enforced sasl": {(*golden).enforcedSASL, []zkserver.Option{zkserver.WithDigestMD5(users), zkserver.WithEnforcedAuth("sasl")},
			[]zktest.Option{zktest.WithSASL(users), zktest.WithEnforcedAuthentication("sasl")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sameAnswers(t, test.play, test.theirs, test.ours)
		})
	}
}

// sameAnswers plays a script to a real server and to one of this package of the same release, and compares the answers.
func sameAnswers(t *testing.T, play func(*golden), theirs []zkserver.Option, ours []zktest.Option) {
	t.Helper()
	real := zkserver.Run(t, theirs...)
	undisturbed(t, real)
	a := &golden{t: t, checkUnknown: real.Since("3.8.5", "3.9.3"),
		dial:  func() (net.Conn, error) { return net.DialTimeout("tcp", real.Addr(), wait) },
		sleep: time.Sleep, restart: func() { restartAlone(t, real) },
		pace: func() { time.Sleep(2 * time.Millisecond) }, // so that times differ where scripts compare them
	}
	play(a)
	b := inMemory(t, append(ours, zktest.WithVersion(real.Version()))...)
	b.checkUnknown = a.checkUnknown
	play(b)
	sameLines(t, "real", a.out.String(), "zktest", b.out.String())
}

// inMemory prepares a script for a server of this package that is configured as those of package zkserver are.
func inMemory(t *testing.T, opts ...zktest.Option) *golden {
	clock := zktest.NewClock(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC))
	srv := zktest.Run(t, append([]zktest.Option{zktest.WithClock(clock), zktest.WithTick(zkserver.DefaultTick),
		zktest.WithSessionTimeouts(zkserver.MinSessionTimeout, zkserver.MaxSessionTimeout)}, opts...)...)
	return &golden{t: t, srv: srv,
		dial:  func() (net.Conn, error) { return srv.DialContext(context.Background(), "tcp", srv.Addr()) },
		sleep: clock.Advance, restart: func() { srv.Stop(); srv.Start() },
		pace: func() { clock.Advance(time.Millisecond) },
	}
}

// restartAlone restarts a real server without opening a session, since each takes zxids.
func restartAlone(t *testing.T, real *zkserver.Server) {
	t.Helper()
	ctx := testContext(t)
	must(t, real.Terminate(ctx))
	must(t, real.Boot())
	check.Until(t, "the server to serve again", func() bool {
		srvr, err := real.FourLetter(ctx, "srvr")
		return err == nil && strings.Contains(srvr, "Mode: ")
	})
}

// first begins a session, from whose zxid others are counted.
func (g *golden) first() *player {
	z := g.session("A", connectAs{})
	g.base = z.pingZxid()
	return z
}

func (p *player) whoAmI() { p.do("whoAmI", wire.OpWhoAmI, nil, (*reading).clients) }

func (g *golden) superuser() {
	z := g.first()
	z.create("/closed", creating{acl: []zk.ACL{ace(0, "world", "anyone")}})
	z.whoAmI()
	for _, credential := range []string{"super:guess", "super:secret", "super:secret", "other:secret"} {
		z.get("/closed", false)
		z.auth("digest", credential)
		z.whoAmI()
	}
	z.get("/closed", false)
	z.create("/mine", creating{acl: []zk.ACL{ace(31, "auth", "")}})
	z.getACL("/mine")
	z.create("/super", creating{acl: []zk.ACL{ace(31, "super", "")}})
	z.set("/zookeeper/config", []byte("x"), -1)
	z.get("/zookeeper/config", false)
	z.remove("/zookeeper/config", -1)
	z.create("/zookeeper/more", creating{})
	z.remove("/zookeeper/more", -1)
	z.setACL("/", -1, ace(1, "world", "anyone"))
	other := g.session("B", connectAs{})
	other.create("/x", creating{})
	other.getACL("/mine")
	z.remove("/closed", -1)
}

func (g *golden) quotas() {
	z := g.first()
	limit := func(path, text string) {
		z.create("/zookeeper/quota"+path, creating{})
		z.create("/zookeeper/quota"+path+"/zookeeper_stats", creating{})
		z.create("/zookeeper/quota"+path+"/zookeeper_limits", creating{})
		z.set("/zookeeper/quota"+path+"/zookeeper_limits", []byte(text), -1)
	}
	stats := func(path string) { z.get("/zookeeper/quota"+path+"/zookeeper_stats", false) }
	z.create("/q", creating{})
	limit("/q", "count=-1,bytes=-1=;byteHardLimit=5;countHardLimit=4")
	stats("/q")
	for i := range 4 {
		z.create(fmt.Sprint("/q/", i), creating{})
	}
	stats("/q")
	z.set("/q/0", []byte("12"), -1)
	z.set("/q/0", []byte("1234"), -1)
	z.set("/q/0", []byte("1234"), 7)
	z.set("/q/none", []byte("123456789"), -1)
	z.create("/q/0", creating{})
	z.create("/q/0/below", creating{nullData: true})
	stats("/q")
	z.multi("exceeds by its second part", wire.OpMulti, partCreate("/other", "", 0), partCreate("/q/5", "", 0))
	z.multi("makes room first", wire.OpMulti, partDelete("/q/1"), partCreate("/q/5", "", 0))
	z.remove("/q/1", -1)
	z.multi("room for one of two", wire.OpMulti, partCreate("/q/5", "", 0), partCreate("/q/6", "", 0))
	stats("/q")
	z.create("/q/e", creating{flags: 1})
	stats("/q")
	z.create("/q/0/s", creating{})
	limit("/q/0", "count=1,bytes=1")
	stats("/q/0")
	z.create("/q/0/s", creating{})
	stats("/q/0")
	stats("/q")
	z.remove("/zookeeper/quota/q/0/zookeeper_limits", -1)
	z.create("/q/0/t", creating{})
	stats("/q/0")
	limit("/absent", "count=1,bytes=-1")
	stats("/absent")
	z.create("/absent", creating{})
	stats("/absent")
	z.create("/qq", creating{})
	for _, text := range []string{"", "nonsense", "count=2", "countHardLimit=1", "count=x,bytes=y", "count=1,bytes=", ",count=1", "count==1", "a=b=c", "x=1;;y=2", "count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=1"} {
		z.set("/zookeeper/quota/absent/zookeeper_limits", []byte(text), -1)
		z.create("/absent/"+fmt.Sprint(len(text)), creating{})
		z.multi("malformed "+text, wire.OpMulti, partCreate("/fine"+fmt.Sprint(len(text)), "", 0), partCreate("/absent/m"+fmt.Sprint(len(text)), "", 0))
		z.set("/absent", []byte(text), -1)
		stats("/absent")
	}
	z.set("/zookeeper/quota/absent/zookeeper_limits", []byte("countHardLimit=1"), -1)
	z.remove("/zookeeper/quota/absent/zookeeper_stats", -1)
	z.create("/absent/unlimited", creating{})
}

// ACLTest: testAuthWithIPV6Server. The client has an IPv6 address. Lists may contain one since 3.9.4 (ZOOKEEPER-4240).
func (g *golden) overIPv6() {
	const loopback = "::1"
	if l, err := net.Listen("tcp", net.JoinHostPort(loopback, "0")); err != nil {
		g.t.Skip("this machine has no IPv6: ", err)
	} else {
		must(g.t, l.Close())
	}
	var addr string
	if g.srv != nil {
		addr = listen(g.t, g.srv, loopback)
	} else {
		sock, err := g.dial()
		must(g.t, err)
		_, port, _ := net.SplitHostPort(sock.RemoteAddr().String())
		must(g.t, sock.Close())
		addr = net.JoinHostPort(loopback, port)
	}
	g.dial = func() (net.Conn, error) { return net.DialTimeout("tcp", addr, wait) }
	z := g.first()
	z.whoAmI()
	for i, id := range []string{
		"::1/256", "::1/128", "::1/64", "::1", "0:0:0:0:0:0:0:1", "0000:0001::/32", "::2", "::/0", "127.0.0.1/16", "0.0.0.1/16", "0.0.0.0/0", "127.0.0.1",
	} {
		path := fmt.Sprint("/", i)
		z.create(path, creating{acl: []zk.ACL{ace(zk.PermAll, "ip", id)}})
		z.set(path, nil, -1)
	}
	z.auth("ip", "")
	z.whoAmI()
}

// Znodes with a TTL are not known (CreateTTLTest: testDisabled), and hard limits of quotas are only counted (EnforceQuotaTest:
// testSetQuotaDisableWhenExceedBytesHardQuota, testSetQuotaDisableWhenExceedCountHardQuota).
func (g *golden) nothingEnabled() {
	z := g.first()
	for flags := range int32(7) {
		z.create(fmt.Sprint("/ttl", flags), creating{op: wire.OpCreateTTL, flags: flags, ttl: 100})
		z.create(fmt.Sprint("/ttl", flags), creating{op: wire.OpCreate2, flags: flags})
	}
	z.multi("a TTL", wire.OpMulti, partCreate("/a", "", 0), partTTL("/b", 5, 100))
	z.create("/q", creating{})
	z.create("/zookeeper/quota/q", creating{})
	z.create("/zookeeper/quota/q/zookeeper_limits", creating{})
	z.create("/zookeeper/quota/q/zookeeper_stats", creating{})
	z.set("/zookeeper/quota/q/zookeeper_limits", []byte("count=-1,bytes=-1=;byteHardLimit=5;countHardLimit=2"), -1)
	z.set("/q", []byte("123456"), -1)
	z.create("/q/c2", creating{})
	z.create("/q/c2/c3", creating{})
	z.multi("far beyond", wire.OpMulti, partSet("/q/c2", "123456"), partCreate("/q/c4", "123456", 0))
	z.get("/zookeeper/quota/q/zookeeper_stats", false)
}

func (g *golden) ensembleNames() {
	z := g.first()
	for _, name := range []string{"one", "two", ""} {
		z.auth("ensemble", name)
		z.whoAmI()
	}
	z.create("/a", creating{acl: []zk.ACL{ace(31, "ensemble", "one")}})
	z.create("/a", creating{acl: []zk.ACL{ace(31, "auth", "")}})
	z.create("/e", creating{flags: 1})
	z.auth("ensemble", "one,two")
	z = g.session("B", connectAs{session: z.session, password: z.password})
	z.exists("/e", false)
}

func (g *golden) enforcedDigest() {
	z := g.session("A", connectAs{})
	z.auth("digest", "u:p")
	g.base = z.pingZxid()
	z = g.session("B", connectAs{session: z.session, password: z.password})
	z.get("/", false)
	z.rest("after a request")
	for _, op := range []wire.OpCode{wire.OpClose, 99, wire.OpSync} {
		z = g.session("B", connectAs{session: z.session, password: z.password})
		z.do(fmt.Sprint("op ", op), op, str("/"), nil)
		z.rest("afterwards")
	}
	z = g.session("C", connectAs{session: z.session, password: z.password})
	z.auth("ip", "")
	z.get("/", false)
	z = g.session("D", connectAs{session: z.session, password: z.password})
	z.auth("digest", "u:p")
	z.create("/a", creating{})
	z.do("closeSession", wire.OpClose, nil, nil)
}

func (g *golden) enforcedSASL() {
	z := g.session("A", connectAs{})
	authenticateSASL(g.t, z.raw, "bob", "builder")
	g.base = z.pingZxid()
	z = g.session("B", connectAs{session: z.session, password: z.password})
	z.auth("digest", "u:p")
	z.create("/a", creating{})
	z.rest("after a request")
	for _, password := range []string{"guess", "builder"} {
		z = g.session("B", connectAs{session: z.session, password: z.password})
		h, _ := authenticateSASL(g.t, z.raw, "bob", password)
		g.line("%s: zxid %d, code %d", password, h.Zxid, h.Err)
		z.create("/a", creating{})
	}
	z.whoAmI()
}
