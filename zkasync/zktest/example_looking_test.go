package zktest_test

import (
	"context"
	"fmt"
	"testing/fstest"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// A test waits until something has happened on the server, instead of sleeping.
func ExampleServer_WaitFor() {
	ctx := context.Background()
	srv, c, end := serve(zktest.WithRecord(100))
	defer end()
	go c.Set(ctx, "/heartbeat", nil, zkasync.AnyVersion)

	q, err := srv.WaitFor(ctx, func(q zktest.Request) bool { return q.Op == zktest.OpSetData })
	fmt.Println(q.Op, q.Path, q.Err, err)
	for _, q := range srv.Requests() {
		fmt.Println(q.Op, q.Path)
	}
	// Output:
	// set /heartbeat node does not exist <nil>
	// set /heartbeat
}

// A test looks at watches, sessions and their ephemeral znodes.
func ExampleServer_WaitWatch() {
	ctx := context.Background()
	srv, c, end := serve()
	defer end()
	_, _ = c.Create(ctx, "/member", nil, zkasync.Ephemeral()).Get(ctx)
	c.ChildrenW(ctx, "/")

	fmt.Println(srv.WaitWatch(ctx, "/"))
	for _, w := range srv.Watches() {
		fmt.Println(w.Path, "children:", w.Children, "once:", w.Once)
	}
	for _, s := range srv.Sessions() {
		fmt.Println(s.Connected, s.Timeout, s.Ephemerals)
	}
	// Output:
	// <nil>
	// / children: true once: true
	// true 10s [/member]
}

// A test writes without a client, and compares the whole tree with a golden file.
func ExampleServer_Tree() {
	srv, _, end := serve()
	defer end()
	_ = srv.Load(map[string]string{"/app/limit": "10", "/app/name": "shop"})
	_ = srv.LoadFS("/files", fstest.MapFS{"motd.txt": {Data: []byte("hello\n")}})
	_ = srv.Delete("/app/name")
	data, st, err := srv.Get("/app/limit")
	fmt.Printf("%s %d %v\n", data, st.Version, err)
	fmt.Print(srv.Tree())
	// Output:
	// 10 0 <nil>
	// /
	// /app
	// /app/limit = "10"
	// /files
	// /files/motd.txt = "hello\n"
}

// A server goes back in time.
func ExampleServer_Snapshot() {
	srv, _, end := serve()
	defer end()
	_ = srv.Put("/a", nil)
	before := srv.Snapshot()
	zxid := srv.Zxid()
	_ = srv.Put("/b", nil)
	srv.Restore(before)
	fmt.Print(srv.Tree())
	fmt.Println(srv.Zxid() == zxid)
	// Output:
	// /
	// /a
	// true
}
