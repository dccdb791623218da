package krb5_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/krb5"
)

const realm = "ZKASYNC.TEST"

// kdc is a Kerberos server of the test's own, on a free port of the loopback.
type kdc struct {
	t    *testing.T
	dir  string
	conf string
	env  []string
	run  *exec.Cmd
}

// tool finds a program of the KDC, which Debian keeps where only root looks.
func tool(t *testing.T, name string) string {
	t.Helper()
	for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin", "/usr/local/sbin", "/opt/homebrew/opt/krb5/sbin") {
		if file := filepath.Join(dir, name); exec.Command("test", "-x", file).Run() == nil {
			return file
		}
	}
	t.Fatalf("%s is not installed; install it with: make install-kerberos (or: apt-get install krb5-kdc krb5-admin-server krb5-user)", name)
	return ""
}

func startKDC(t *testing.T) *kdc {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_, port, _ := net.SplitHostPort(addr)
	_ = l.Close()
	k := &kdc{t: t, dir: t.TempDir()}
	k.conf = filepath.Join(k.dir, "krb5.conf")
	k.write("krb5.conf", fmt.Sprintf(`[libdefaults]
  default_realm = %[1]s
  dns_lookup_realm = false
  dns_lookup_kdc = false
  udp_preference_limit = 1
  default_tkt_enctypes = aes256-cts-hmac-sha1-96
  default_tgs_enctypes = aes256-cts-hmac-sha1-96
  permitted_enctypes = aes256-cts-hmac-sha1-96
[realms]
  %[1]s = {
    kdc = %[2]s
  }
[domain_realm]
  localhost = %[1]s
`, realm, addr))
	k.write("kdc.conf", fmt.Sprintf(`[kdcdefaults]
  kdc_listen = %[2]s
  kdc_tcp_listen = %[2]s
[realms]
  %[1]s = {
    database_name = %[3]s/principal
    key_stash_file = %[3]s/stash
    supported_enctypes = aes256-cts-hmac-sha1-96:normal
  }
[logging]
  kdc = FILE:%[3]s/kdc.log
`, realm, "127.0.0.1:"+port, k.dir))
	k.env = append(os.Environ(), "KRB5_CONFIG="+k.conf, "KRB5_KDC_PROFILE="+filepath.Join(k.dir, "kdc.conf"))
	k.do("kdb5_util", "create", "-s", "-r", realm, "-P", "master")
	k.start()
	return k
}

func (k *kdc) start() {
	k.t.Helper()
	k.run = exec.Command(tool(k.t, "krb5kdc"), "-n", "-r", realm, "-P", filepath.Join(k.dir, "pid"))
	k.run.Env = k.env
	if err := k.run.Start(); err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(k.stop)
}

func (k *kdc) stop() {
	if k.run != nil {
		_ = k.run.Process.Kill()
		_ = k.run.Wait()
		k.run = nil
	}
}

func (k *kdc) write(name, text string) {
	k.t.Helper()
	if err := os.WriteFile(filepath.Join(k.dir, name), []byte(text), 0o600); err != nil {
		k.t.Fatal(err)
	}
}

func (k *kdc) do(name string, args ...string) {
	k.t.Helper()
	cmd := exec.Command(tool(k.t, name), args...)
	cmd.Env = k.env
	if out, err := cmd.CombinedOutput(); err != nil {
		k.t.Fatalf("%s %s: %v\n%s", name, args, err, out)
	}
}

// keytab adds a principal with keys of its own and returns a file with them.
func (k *kdc) keytab(principal string) string {
	k.t.Helper()
	file := filepath.Join(k.dir, strings.NewReplacer("/", "_", "@", "_").Replace(principal)+".keytab")
	k.do("kadmin.local", "-r", realm, "-q", "addprinc -randkey "+principal)
	k.do("kadmin.local", "-r", realm, "-q", "ktadd -norandkey -k "+file+" "+principal)
	return file
}

// server starts a ZooKeeper server with a principal, on the host "localhost".
func (k *kdc) server(opts ...zkserver.Option) (servers string) {
	k.t.Helper()
	const principal = "zookeeper/localhost@" + realm
	modules := fmt.Sprintf(`com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true keyTab=%q storeKey=true useTicketCache=false principal=%q;`,
		k.keytab(principal), principal)
	srv := zkserver.Run(k.t, append(opts, zkserver.WithJAAS(modules), zkserver.WithJVMFlag("-Djava.security.krb5.conf="+k.conf))...)
	_, port, _ := net.SplitHostPort(srv.Addr())
	return "localhost:" + port
}

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func connect(t *testing.T, servers string, m *krb5.Mechanism, err error) *zkasync.Client {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	c, err := zkasync.Connect(testContext(t), servers, zkasync.WithSASL(m), zkasync.WithSessionTimeout(30*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// A client with a keytab, one with a password and one with a cache of tickets are known by their principals, behind a reconnect as well.
func TestMechanism_RealServers(t *testing.T) {
	k := startKDC(t)
	servers := k.server(zkserver.WithRequiredSASL())
	alice := k.keytab("alice@" + realm)
	k.do("kadmin.local", "-r", realm, "-q", "addprinc -pw secret bob@"+realm)
	cache := filepath.Join(k.dir, "cache")
	k.do("kinit", "-k", "-t", alice, "-c", cache, "alice@"+realm)
	ctx := testContext(t)
	conf := krb5.WithConfig(k.conf)
	clients := map[string]*zkasync.Client{}
	m, err := krb5.FromKeytab("alice@"+realm, alice, conf)
	clients["keytab"] = connect(t, servers, m, err)
	m, err = krb5.FromPassword("bob@"+realm, "secret", conf)
	clients["password"] = connect(t, servers, m, err)
	m, err = krb5.FromCredentialCache(cache, conf, krb5.WithServerPrincipal("zookeeper/localhost"))
	clients["cache"] = connect(t, servers, m, err)
	who := map[string]string{"keytab": "alice", "password": "bob", "cache": "alice"}
	for name, c := range clients {
		owner := []zk.ACL{{Perms: zk.PermAll, Scheme: "sasl", ID: who[name] + "@" + realm}}
		if _, err := c.Create(ctx, "/"+name, nil, zkasync.WithACL(owner)).Get(ctx); err != nil {
			t.Errorf("%s: create: %v", name, err)
		}
		if _, err := c.Get(ctx, "/"+name).Get(ctx); err != nil {
			t.Errorf("%s: get: %v", name, err)
		}
	}
	if _, err := clients["password"].Get(ctx, "/keytab").Get(ctx); !errors.Is(err, zk.ErrNoAuth) {
		t.Errorf("bob reads what is alice's: %v", err)
	}
	if err := clients["keytab"].Restart(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := clients["keytab"].Get(ctx, "/keytab").Get(ctx); err != nil {
		t.Errorf("after a restart: %v", err)
	}
}

// What is wrong with the credentials ends the start with the reason; a KDC that is away for a while does not.
func TestMechanism_Failures(t *testing.T) {
	k := startKDC(t)
	servers := k.server()
	alice := k.keytab("alice@" + realm)
	k.do("kadmin.local", "-r", realm, "-q", "addprinc -pw secret bob@"+realm)
	conf := krb5.WithConfig(k.conf)
	fails := func(what string, m *krb5.Mechanism, err error) {
		t.Helper()
		if err == nil {
			var c *zkasync.Client
			if c, err = zkasync.Connect(testContext(t), servers, zkasync.WithSASL(m)); err == nil {
				_ = c.Close()
			}
		}
		if !errors.Is(err, zkasync.ErrAuthFailed) || !strings.Contains(err.Error(), "sasl GSSAPI") || strings.Contains(err.Error(), "guess") {
			t.Errorf("%s: %v", what, err)
		}
	}
	m, err := krb5.FromPassword("bob@"+realm, "guess", conf)
	fails("wrong password", m, err)
	m, err = krb5.FromPassword("nobody@"+realm, "guess", conf)
	fails("unknown principal", m, err)
	m, err = krb5.FromKeytab("alice@"+realm, filepath.Join(k.dir, "none"), conf)
	fails("no keytab", m, err)
	m, err = krb5.FromKeytab("alice@"+realm, alice, conf, krb5.WithService("hbase"))
	fails("unknown service", m, err)

	k.stop()
	m, err = krb5.FromKeytab("alice@"+realm, alice, conf)
	if err != nil {
		t.Fatal(err)
	}
	c, err := zkasync.New(servers, zkasync.WithSASL(m), zkasync.WithSessionTimeout(30*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	started := c.StartAsync()
	select {
	case <-started.Done():
		_, err := started.Result()
		t.Fatalf("started without a KDC: %v", err)
	case <-time.After(2 * time.Second):
	}
	k.start()
	if _, err := started.Get(testContext(t)); err != nil {
		t.Errorf("with the KDC back: %v", err)
	}
}

func TestMechanism_BadInput(t *testing.T) {
	t.Parallel()
	conf := filepath.Join(t.TempDir(), "krb5.conf")
	if err := os.WriteFile(conf, []byte("[libdefaults]\n default_realm = A\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ principal, service, conf, want string }{
		{"alice", "zookeeper", conf, "want name@REALM"},
		{"@A", "zookeeper", conf, "want name@REALM"},
		{"alice@", "zookeeper", conf, "want name@REALM"},
		{"alice@A", "zookeeper/x", conf, "service"},
		{"alice@A", "", conf, "service"},
		{"alice@A", "zookeeper", conf + ".none", "configuration"},
	} {
		_, err := krb5.FromPassword(test.principal, "hush", krb5.WithService(test.service), krb5.WithConfig(test.conf))
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%+v: %v", test, err)
		}
	}
	m, err := krb5.FromPassword("alice@A", "hush", krb5.WithConfig(conf))
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, v := range []any{m, struct{ m *krb5.Mechanism }{m}} {
			if text := fmt.Sprintf(verb, v); strings.Contains(text, "hush") || strings.Contains(text, fmt.Sprintf("%x", "hush")) {
				t.Errorf("%s shows %s", verb, text)
			}
		}
	}
}
