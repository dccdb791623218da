package zkasync_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/sasl"
)

// The passwords of a real server's users: what DIGEST-MD5 hashes as Latin-1, as UTF-8, and what has to be quoted.
var realUsers = map[string]string{"bob": "builder", "alice": "grün", "eve": "5€ \"\\"}

// A real server knows each user by the password, behind each reconnect, and lets nobody else in.
func TestSASL_RealServer(t *testing.T) {
	t.Parallel()
	srv := check.Process(t, "its own SASL is the subject", zkserver.WithDigestMD5(realUsers))
	ctx := testContext(t)
	for user, password := range realUsers {
		t.Run(user, func(t *testing.T) {
			p := zkproxy.Run(t, srv.Addr())
			c := connect(t, p.Addr(), zkasync.WithSASL(sasl.DigestMD5(user, password)), zkasync.WithAuth("digest", []byte("u:p")))
			path := "/" + user
			must(t, c.Create(ctx, path, nil, zkasync.WithACL([]zk.ACL{{Perms: zk.PermAll, Scheme: "sasl", ID: user}})))
			watch := must(t, c.GetW(ctx, path)).Event
			changes := c.States(ctx)
			p.Cut()
			nextState(t, changes, zkasync.StateSuspended)
			must(t, c.Set(ctx, path, []byte("x"), zkasync.AnyVersion))
			must(t, watch)
			if srv.Since("3.7") {
				if got := schemes(t, c); !slices.Contains(got, "sasl:"+user) || len(got) != 3 {
					t.Errorf("known as %q", got)
				}
			}
			fails(t, connect(t, srv.Addr()).Get(ctx, path), zk.ErrNoAuth)
			_, err := zkasync.Connect(ctx, srv.Addr(), zkasync.WithSASL(sasl.DigestMD5(user, "guess")))
			wantsRefusal(t, err, "DIGEST-MD5", srv.Addr())
		})
	}
}

// A server that has not been configured for SASL is not taken for one that has.
func TestSASL_RealServerWithout(t *testing.T) {
	t.Parallel()
	_, err := zkasync.Connect(testContext(t), zkserver.Shared(t).Addr(), asBob())
	wantsRefusal(t, err, "does not offer DIGEST-MD5")
}

// Servers that serve only those who have authenticated by SASL.
func TestSASL_Demanded(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		since, what string
		opt         zkserver.Option
	}{
		"sessionRequireClientSASLAuth": {"3.6", "sessionRequireClientSASLAuth (ZOOKEEPER-1634)", zkserver.WithRequiredSASL()},
		"enforce.auth.enabled":         {"3.7", "the enforcement of authentication (ZOOKEEPER-3561)", zkserver.WithEnforcedAuth("sasl")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			zkserver.Needs(t, test.since, test.what)
			srv := check.Process(t, "its own SASL is the subject", zkserver.WithDigestMD5(realUsers), test.opt)
			ctx := testContext(t)
			p := zkproxy.Run(t, srv.Addr())
			c := connect(t, p.Addr(), asBob())
			must(t, c.Create(ctx, "/e", nil, zkasync.Ephemeral()))
			lost := c.States(ctx)
			p.Cut()
			nextState(t, lost, zkasync.StateSuspended)
			if st := must(t, c.Exists(ctx, "/e")); st == nil || st.EphemeralOwner != c.Session().ID {
				t.Errorf("stat %+v, want the ephemeral of %v", st, c.Session())
			}
			stranger := connect(t, srv.Addr(), zkasync.WithAuth("digest", []byte("u:p")))
			changes := stranger.States(ctx)
			fails(t, stranger.Exists(ctx, "/"))
			wantsDemand(t, nextState(t, changes, zkasync.StateAuthFailed))
			_, err := zkasync.Connect(ctx, srv.Addr(), zkasync.WithSASL(sasl.DigestMD5("bob", "guess")))
			wantsRefusal(t, err, "DIGEST-MD5")
			if name == "sessionRequireClientSASLAuth" && !strings.Contains(err.Error(), "-124") {
				t.Errorf("%v, want the server's code", err)
			}
		})
	}
}
