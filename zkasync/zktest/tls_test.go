package zktest_test

import (
	"crypto/tls"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// TLS works in memory, also in a bubble, and on a port.
func TestTLS(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	srv := zktest.Run(t, zktest.WithTLS(false))
	_, err := connect(t, srv).Create(ctx, "/a", nil).Get(ctx)
	must(t, err)
	addr, err := srv.Listen("127.0.0.1:0")
	must(t, err)
	c, err := zkasync.Connect(ctx, addr, zkasync.WithTLS(srv.TLSConfig()))
	must(t, err)
	defer c.Close()
	_, err = c.Get(ctx, "/a").Get(ctx)
	must(t, err)
}

func TestTLS_InABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, zktest.Run(t, zktest.WithTLS(false)))
		time.Sleep(time.Hour)
		_, err := c.Exists(t.Context(), "/").Get(t.Context())
		must(t, err)
	})
}

// A client shows who it is by its certificate; one without is not served.
func TestTLS_ClientCertificates(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	srv := zktest.Run(t, zktest.WithTLS(true))
	c := connect(t, srv)
	_, err := c.Create(ctx, "/mine", nil, zkasync.WithACL([]zk.ACL{{Perms: zk.PermAll, Scheme: "x509", ID: "CN=zktest client"}})).Get(ctx)
	must(t, err)
	_, err = c.Get(ctx, "/mine").Get(ctx)
	must(t, err)
	bare := srv.TLSConfig()
	bare.Certificates = nil
	sock, err := srv.DialContext(ctx, "tcp", srv.Addr())
	must(t, err)
	defer sock.Close()
	secured := tls.Client(sock, bare)
	_ = secured.Handshake() // TLS 1.3 tells the client only when it reads
	if _, err := secured.Read(make([]byte, 1)); err == nil {
		t.Error("a client without a certificate is served")
	}
}

// Keeper grants a new session at each reconnect.
func TestServer_ClickHouseKeeper(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	srv := zktest.Run(t, zktest.WithClickHouseKeeper())
	c := connect(t, srv)
	_, err := c.Get(ctx, "/keeper/feature_flags").Get(ctx)
	must(t, err)
	old := c.Session().ID
	srv.Drop()
	for {
		if _, err = c.Exists(ctx, "/").Get(ctx); !errors.Is(err, zkasync.ErrConnectionLoss) && !errors.Is(err, zkasync.ErrSessionExpired) {
			break
		}
	}
	must(t, err)
	if again := c.Session().ID; again == old {
		t.Error("the session is the same")
	}
}
