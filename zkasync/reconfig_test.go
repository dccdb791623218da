package zkasync_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/ensemble"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// The configuration is the server's own: a chroot does not hide it, and is not blamed when it is missing.
func TestConfig_LiesOutsideOfAnyChroot(t *testing.T) {
	t.Parallel()
	ens := zktest.RunEnsemble(t, 3, zktest.WithObservers(1))
	for _, chroot := range []string{"", "/app", "/zookeeper", "/zookeeper/config"} {
		c := connect(t, ens.ConnectString()+chroot, ens.Options()...)
		config := must(t, c.Config(t.Context()))
		addrs, complete := config.ClientAddrs()
		if got := strings.Join(addrs, ","); got != ens.ConnectString() || !complete || config.Participants() != 2 {
			t.Errorf("chroot %q: addresses %s, all of them: %v, in\n%s", chroot, got, complete, config.Text)
		}
		if chroot == "" {
			if text := string(must(t, c.Get(t.Context(), "/zookeeper/config")).Data); text != config.Text {
				t.Errorf("text %q, want %q", config.Text, text)
			}
		}
	}
	if config := must(t, rooted(t).Config(t.Context())); len(config.Servers) != 0 || config.Text != "" {
		t.Errorf("a standalone server has the configuration %+v", config)
	}
}

// These are the answers of servers to a request for their configuration.
func TestConfig_Answers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		code int32
		text string
		want error
	}{
		"before 3.5":    {code: wire.CodeNoNode, want: zk.ErrNoNode},
		"may not read":  {code: wire.CodeNoAuth, want: zk.ErrNoAuth},
		"not a config":  {text: "server.1=nonsense", want: zkasync.ErrOutcomeUnknown},
		"a standalone":  {text: ""},
		"one with more": {text: "server.1=a:1:2:observer;3\ngroup.1=1\nversion=f"},
	} {
		p := zkpeer.Pipes(t, answersConfig(test.code, test.text))
		c := connect(t, "10.0.0.1:1/app", zkasync.WithDialer(p.Dial))
		f := c.Config(t.Context())
		if test.want == nil {
			if got := must(t, f); got.Text != test.text {
				t.Errorf("%s: text %q", name, got.Text)
			}
			continue
		}
		err := fails(t, f, test.want)
		var missing *zkasync.ChrootError
		if errors.As(err, &missing) {
			t.Errorf("%s: the chroot is blamed: %v", name, err)
		}
		var bad *ensemble.ParseError
		if errors.As(err, &bad) != (test.text != "") || bad != nil && bad.Text != test.text {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// answersConfig answers every get with a code, or data.
func answersConfig(code int32, data string) zkpeer.Script {
	return func(c *zkpeer.Conn) {
		if !c.ReadConnect() || !c.Accept() {
			return
		}
		c.Serve(func(r zkpeer.Request) bool {
			switch {
			case r.Op != wire.OpGetData:
				return false
			case code != 0:
				return c.Refuse(r, code)
			}
			st := zkpeer.Stat("/zookeeper/config")
			return c.Reply(r, wire.AppendStat(wire.AppendBuffer(nil, []byte(data)), &st))
		})
	}
}

// Malformed servers and options are refused before anything is sent, and the error names the value and the rule.
func TestReconfig_RefusesWhatIsMalformed(t *testing.T) {
	t.Parallel()
	const one = "server.1=a:1:2;3"
	srv := zktest.Run(t)
	c := connect(t, srv.Addr(), srv.Options()...)
	before := srv.Zxid()
	for want, opts := range map[string][]zkasync.ReconfigOption{
		"no server joins":         nil,
		"leaves, and there are":   {zkasync.Joining(), zkasync.Leaving(), {}},
		"both new members":        {zkasync.Joining(one), zkasync.NewMembers(one)},
		"want either":             {zkasync.Leaving(1), zkasync.NewMembers(one)},
		`"server.1=a"`:            {zkasync.Joining("server.1=a")},
		`"server.2=a:1:2"`:        {zkasync.Joining(one, "server.2=a:1:2")},
		`"99999"`:                 {zkasync.Joining("server.1=a:1:2;99999")},
		`joining server "server.`: {zkasync.Joining("server.1=a:1:2")},
		"-3":                      {zkasync.Leaving(-3)},
		"from version -2":         {zkasync.Leaving(1), zkasync.FromVersion(-2)},
		"no participant":          {zkasync.NewMembers("server.1=a:1:2:observer;3")},
		"have no participant":     {zkasync.NewMembers()},
		"is listed twice":         {zkasync.NewMembers(one, one)},
		`"tickTime=2000"`:         {zkasync.NewMembers(one, "tickTime=2000")},
		`"group.1=1,2"`:           {zkasync.NewMembers(one, "group.1=1,2")},
		`"server.1=a:1:2;3,x"`:    {zkasync.Joining("server.1=a:1:2;3,x")},
	} {
		if err := fails(t, c.Reconfig(t.Context(), opts...), zkasync.ErrNotSent); !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q in it", err, want)
		}
	}
	if now := srv.Zxid(); now != before {
		t.Errorf("the server went from %#x to %#x", before, now)
	}
}

// Users can match the rejections of servers.
func TestReconfig_Rejections(t *testing.T) {
	t.Parallel()
	for code, want := range map[int32]error{
		wire.CodeReconfigDisabled: zk.ErrReconfigDisabled, wire.CodeReconfigInProgress: zkasync.ErrReconfigInProgress,
		wire.CodeNewConfigNoQuorum: zkasync.ErrNewConfigNoQuorum, wire.CodeBadArguments: zk.ErrBadArguments,
		wire.CodeNoAuth: zk.ErrNoAuth, wire.CodeBadVersion: zk.ErrBadVersion, wire.CodeUnimplemented: zkasync.ErrUnimplemented,
	} {
		p := zkpeer.Pipes(t, func(c *zkpeer.Conn) {
			if c.ReadConnect() && c.Accept() {
				c.Serve(func(r zkpeer.Request) bool { return r.Op == wire.OpReconfig && c.Refuse(r, code) })
			}
		})
		c := connect(t, "10.0.0.1:1", zkasync.WithDialer(p.Dial))
		err := fails(t, c.Reconfig(t.Context(), zkasync.Leaving(3)), want)
		if !strings.HasPrefix(err.Error(), "zkasync: reconfig: ") || errors.Is(err, zkasync.ErrNotSent) {
			t.Errorf("code %d: %v", code, err)
		}
	}
	srv := zkserver.Shared(t)
	fails(t, connect(t, srv.Addr()).Reconfig(t.Context(), zkasync.Leaving(3)), zk.ErrReconfigDisabled)
}
