package zkasync_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/tlsfiles"
)

// A client certificate from files is the client's identity, and files that are broken for a while harm no reconnect.
func TestTLSFunc_FilesAndIdentities(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := check.Process(t, whyTLS, zkserver.WithMutualTLS(), zkserver.WithDir(dir))
	pair, err := os.ReadFile(filepath.Join(dir, "server.pem"))
	mustDo(t, err)
	own := filepath.Join(t.TempDir(), "pair.pem")
	mustDo(t, os.WriteFile(own, pair, 0o600))
	reports := make(chan error, 10)
	files, err := tlsfiles.Load(tlsfiles.Options{Certificate: own, Key: own, Roots: filepath.Join(dir, "authority.pem"),
		Report: func(err error) { reports <- err }})
	mustDo(t, err)
	p := zkproxy.Run(t, server.TLSAddr())
	c := connect(t, p.Addr(), zkasync.WithTLSFunc(files.Config))
	ctx := testContext(t)
	must(t, c.Create(ctx, "/mine", nil, zkasync.WithACL([]zk.ACL{{Perms: zk.PermAll, Scheme: "x509", ID: "CN=localhost"}})))
	changes := c.States(ctx)
	mustDo(t, os.WriteFile(own, bytes.TrimRight(pair[:len(pair)/2], "\n"), 0o600))
	p.Cut()
	nextState(t, changes, zkasync.StateSuspended)
	must(t, c.Set(ctx, "/mine", []byte("x"), zkasync.AnyVersion))
	if err := <-reports; !strings.Contains(err.Error(), own) {
		t.Errorf("report %v, want one that names the file", err)
	}
	fails(t, connect(t, server.Addr()).Get(ctx, "/mine"), zk.ErrNoAuth)
}

// What the function does wrong costs the attempt to connect, and is what the start fails with.
func TestTLSFunc_Failures(t *testing.T) {
	t.Parallel()
	for want, fn := range map[string]func(context.Context) (*tls.Config, error){
		"no certificate yet":          func(context.Context) (*tls.Config, error) { return nil, errors.New("no certificate yet") },
		"neither a configuration nor": func(context.Context) (*tls.Config, error) { return nil, nil },
		"panicked: oops":              func(context.Context) (*tls.Config, error) { panic("oops") },
	} {
		err := startFails(t, zkserver.Shared(t).Addr(), zkasync.WithTLSFunc(fn))
		if !strings.Contains(err.Error(), want) {
			t.Errorf("start: %v, want %q", err, want)
		}
	}
	if _, err := zkasync.New("zk", zkasync.WithTLSFunc(nil)); err == nil {
		t.Error("no function")
	}
}
