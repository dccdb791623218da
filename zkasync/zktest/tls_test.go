package zktest_test

import (
	"crypto/tls"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
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

// The files of TLSFiles suffice for a client in another process, such as kazoo.
func TestTLS_Programs(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t, zktest.WithTLS(true))
	addr, err := srv.Listen("127.0.0.1:0")
	must(t, err)
	dir := t.TempDir()
	ca, client := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "client.pem")
	must(t, os.WriteFile(ca, srv.TLSFiles().CA, 0o600))
	must(t, os.WriteFile(client, srv.TLSFiles().Client, 0o600))
	out, err := exec.Command(python(t), "-c", `
import sys
from kazoo.client import KazooClient
addr, ca, client = sys.argv[1:]
c = KazooClient(hosts=addr, timeout=10, use_ssl=True, ca=ca, certfile=client, keyfile=client)
c.start(timeout=20)
c.create("/kazoo", b"x")
c.stop(); c.close()
print("ok")
`, addr, ca, client).CombinedOutput()
	if err != nil || string(out) != "ok\n" {
		t.Errorf("%v\n%s", err, out)
	}
	if _, _, err := srv.Get("/kazoo"); err != nil {
		t.Error(err)
	}
}

// A server without TLS has no files. What cannot be a host is refused.
func TestTLS_WithoutItAndBadHosts(t *testing.T) {
	t.Parallel()
	if files := zktest.Run(t).TLSFiles(); files.CA != nil || files.Client != nil {
		t.Error("there are files")
	}
	for _, host := range []string{"", "a b", "http://a"} {
		if _, err := zktest.New(zktest.WithTLS(false, host)); err == nil || !strings.Contains(err.Error(), strconv.Quote(host)) {
			t.Errorf("%q: %v", host, err)
		}
	}
	srv := zktest.Run(t, zktest.WithTLS(false, "zk.example", "10.1.2.3"))
	for _, name := range []string{"zk.example", "10.1.2.3", "localhost", "127.0.0.1", "::1"} {
		config := srv.TLSConfig()
		config.ServerName = name
		sock, err := srv.DialContext(t.Context(), "tcp", srv.Addr())
		must(t, err)
		if err := tls.Client(sock, config).Handshake(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		sock.Close()
	}
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
