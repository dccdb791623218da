package zktest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// Outside a test, a program makes a server with New and closes it itself.
func ExampleNew() {
	srv, err := zktest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()

	ctx := context.Background()
	c, err := zkasync.Connect(ctx, srv.Addr(), srv.Options()...)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	n, err := c.Create(ctx, "/hello", []byte("world")).Get(ctx)
	fmt.Println(n.Path, err)
	// Output: /hello <nil>
}

// exampleT stands in for the *testing.T of a test.
type exampleT struct{ cleanups []func() }

func (t *exampleT) Helper()                           {}
func (t *exampleT) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (t *exampleT) Cleanup(f func())                  { t.cleanups = append(t.cleanups, f) }
func (t *exampleT) end() {
	for i := len(t.cleanups) - 1; i >= 0; i-- {
		t.cleanups[i]()
	}
}

// In a test, Run closes the server when the test ends.
func ExampleRun() {
	t := new(exampleT) // in a test: t *testing.T
	defer t.end()

	srv := zktest.Run(t)
	c, err := zkasync.Connect(context.Background(), srv.Addr(), srv.Options()...)
	if err != nil {
		t.Fatalf("%v", err)
	}
	defer c.Close()
	fmt.Println(c.State())
	// Output: Connected
}

// go-zookeeper connects in memory as well.
func ExampleServer_Dial() {
	srv, err := zktest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()

	conn, _, err := zk.Connect([]string{srv.Addr()}, 10*time.Second, zk.WithDialer(srv.Dial), zk.WithLogInfo(false))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	fmt.Println(conn.Create("/hello", nil, 0, zk.WorldACL(zk.PermAll)))
	// Output: /hello <nil>
}

// Listen is for clients in other processes.
func ExampleServer_Listen() {
	srv, err := zktest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()

	addr, err := srv.Listen("127.0.0.1:0")
	fmt.Println(err, addr == srv.Addr())
	fmt.Println(zkasync.ServerOK(context.Background(), addr))
	// Output:
	// <nil> true
	// <nil>
}

// With a clock of its own a server does not wait: the test says how much time has passed.
func ExampleClock() {
	clock := zktest.NewClock(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	srv, err := zktest.New(zktest.WithClock(clock), zktest.WithCleaning(time.Minute))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	ctx := context.Background()
	c, err := zkasync.Connect(ctx, srv.Addr(), append(srv.Options(), zkasync.WithSessionTimeout(40*time.Second))...)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()

	_, _ = c.Create(ctx, "/lease", nil, zkasync.TTL(30*time.Second)).Get(ctx)
	for range 3 {
		clock.Advance(25 * time.Second)
		_, err = c.Get(ctx, "/lease").Get(ctx) // keeps the session alive
		fmt.Println(clock.Now().Format(time.TimeOnly), err)
	}
	// Output:
	// 00:00:25 <nil>
	// 00:00:50 <nil>
	// 00:01:15 zkasync: get /lease: node does not exist
}

// Most options set what zoo.cfg sets for a real server.
func ExampleOption() {
	srv, err := zktest.New(
		zktest.WithVersion("3.9.3"),
		zktest.WithTick(50*time.Millisecond),
		zktest.WithSessionTimeouts(100*time.Millisecond, time.Minute),
		zktest.WithMaxRequestSize(4<<20),
		zktest.WithMaxConnections(60),
		zktest.WithBuffer(0),
		zktest.WithFourLetterWords("srvr", "ruok"),
		zktest.WithExtendedTypes(false),
		zktest.WithReconfig(),
		zktest.WithEnforcedQuotas(),
		zktest.WithSuperuser("secret"),
		zktest.WithFirstZxid(1<<32),
		zktest.WithSeed(7),
		zktest.WithShuffledOrder(7),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	fmt.Println(zkasync.FourLetterWord(context.Background(), srv.Addr(), "ruok", srv.Options()...))

	_, err = zktest.New(zktest.WithTick(0))
	fmt.Println(err)
	// Output:
	// imok <nil>
	// zktest: tick 0s is not a positive number of milliseconds
}

// A client in another process gets its certificates from files.
func ExampleServer_TLSFiles() {
	srv, err := zktest.New(zktest.WithTLS(false))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	files := srv.TLSFiles()
	fmt.Println(os.WriteFile(filepath.Join(dir, "ca.pem"), files.CA, 0o600))
	fmt.Println(os.WriteFile(filepath.Join(dir, "client.pem"), files.Client, 0o600)) // certificate and key
	// Output:
	// <nil>
	// <nil>
}

// With TLS, the options have what the client needs, in memory as on a port.
func ExampleWithTLS() {
	srv, err := zktest.New(zktest.WithTLS(true))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	c, err := zkasync.Connect(context.Background(), srv.Addr(), srv.Options()...)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	fmt.Println(c.State(), srv.TLSConfig().ServerName)
	// Output: Connected zktest.invalid
}

// With SASL, a client proves that it knows the password without sending it.
func ExampleWithSASL() {
	srv, err := zktest.New(zktest.WithSASL(map[string]string{"bob": "builder"}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(srv.Close())
	// Output: <nil>
}

// ClickHouse Keeper does not restore sessions.
func ExampleWithClickHouseKeeper() {
	srv, err := zktest.New(zktest.WithClickHouseKeeper())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	fmt.Print(srv.Tree())
	// Output:
	// /
	// /keeper = ""
	// /keeper/api_version = "2"
	// /keeper/feature_flags = "\x02"
}

// A client says which ensemble it expects. At a server of another one it loses its connection, and tries the next server.
func ExampleWithEnsembleNames() {
	srv, err := zktest.New(zktest.WithEnsembleNames("staging"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	ctx := context.Background()
	c, err := zkasync.Connect(ctx, srv.Addr(), append(srv.Options(), zkasync.WithAuth("ensemble", []byte("staging")))...)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	_, err = c.AddAuth(ctx, "ensemble", []byte("production")).Get(ctx)
	fmt.Println(errors.Is(err, zkasync.ErrConnectionLoss))
	// Output: true
}

// The server serves clients only after they have authenticated.
func ExampleWithEnforcedAuthentication() {
	srv, err := zktest.New(zktest.WithEnforcedAuthentication())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	ctx := context.Background()
	sock, err := srv.DialContext(ctx, "tcp", srv.Addr())
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = sock.Close()
	c, err := zkasync.Connect(ctx, srv.Addr(), append(srv.Options(), zkasync.WithAuth("digest", []byte("user:password")))...)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	n, err := c.Create(ctx, "/mine", nil).Get(ctx)
	fmt.Println(n.Path, err)
	// Output: /mine <nil>
}
