package cache_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/cache"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// exampleClient returns a client of a server inside the process, which has some znodes.
func exampleClient() (ctx context.Context, c *zkasync.Client, end func()) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	srv, err := zktest.New()
	if err != nil {
		panic(err)
	}
	if err := srv.Load(map[string]string{"/app": "v1", "/app/db": "db1:5432", "/app/limits/read": "100", "/app/limits/write": "10"}); err != nil {
		panic(err)
	}
	c, err = zkasync.Connect(ctx, srv.Addr(), srv.Options()...)
	if err != nil {
		panic(err)
	}
	return ctx, c, func() {
		_ = c.Close()
		_ = srv.Close()
		cancel()
	}
}

// A cached tree is read without a request.
func ExampleOpen() {
	ctx, c, end := exampleClient()
	defer end()

	tree := cache.Open(c, "/app")
	defer tree.Close()
	if _, err := tree.Ready().Get(ctx); err != nil {
		fmt.Println(err)
		return
	}
	if db, ok := tree.Get("/app/db"); ok {
		fmt.Printf("%s %s\n", db.Path, db.Data)
	}
	for _, limit := range tree.Children("/app/limits") {
		fmt.Printf("%s %s\n", limit.Path, limit.Data)
	}
	fmt.Println(tree.Path(), tree.Len(), tree.Size(), tree.Current())
	// Output:
	// /app/db db1:5432
	// /app/limits/read 100
	// /app/limits/write 10
	// /app 5 70 true
}

// All ranges over everything below a path, parents first.
func ExampleCache_All() {
	ctx, c, end := exampleClient()
	defer end()
	tree := cache.Open(c, "/app", cache.WithDepth(1), cache.WithFilter(func(path string) bool { return !strings.HasPrefix(path, "/app/d") }),
		cache.WithMaxEntries(1000), cache.WithMaxBytes(1<<20))
	defer tree.Close()
	if _, err := tree.Ready().Get(ctx); err != nil {
		fmt.Println(err)
		return
	}
	for e := range tree.All("/app") {
		fmt.Printf("%s %q\n", e.Path, e.Data)
	}
	// Output:
	// /app "v1"
	// /app/limits ""
}

// The events begin with what exists, and go on with changes.
func ExampleCache_Events() {
	ctx, c, end := exampleClient()
	defer end()
	tree := cache.Open(c, "/app/limits")
	defer tree.Close()
	if _, err := tree.Ready().Get(ctx); err != nil {
		fmt.Println(err)
		return
	}
	for e, err := range tree.Events(ctx) {
		if err != nil {
			fmt.Println(err) // the last pair
			return
		}
		switch e.Kind {
		case cache.Synced:
			fmt.Println("that is all, now what changes")
			c.Set(ctx, "/app/limits/read", []byte("200"), zkasync.AnyVersion)
			c.Delete(ctx, "/app/limits/write", zkasync.AnyVersion)
		case cache.Deleted:
			fmt.Printf("%v %s, was %s\n", e.Kind, e.Path, e.Old.Data)
			return
		default:
			fmt.Printf("%v %s %q, was %q\n", e.Kind, e.Path, e.New.Data, e.Old.Data)
		}
	}
	// Output:
	// Created /app/limits "", was ""
	// Created /app/limits/read "100", was ""
	// Created /app/limits/write "10", was ""
	// that is all, now what changes
	// Changed /app/limits/read "200", was "100"
	// Deleted /app/limits/write, was 10
}

// A subscription has a channel for select.
func ExampleCache_Subscribe() {
	ctx, c, end := exampleClient()
	defer end()
	tree := cache.Open(c, "/app/db")
	defer tree.Close()
	changes := tree.Subscribe()
	defer changes.Close()
	for range 2 {
		select {
		case e := <-changes.C():
			fmt.Printf("%v %q\n", e.Kind, e.Path)
		case <-changes.Done():
			fmt.Println(changes.Err())
		case <-ctx.Done():
			fmt.Println(ctx.Err())
		}
	}
	changes.Close()
	for _, err := range changes.All(ctx) {
		fmt.Println(err)
	}
	// Output:
	// Created "/app/db"
	// Synced ""
	// cache: follow /app/db: closed
}

// After Sync, the cache has everything that was written before.
func ExampleCache_Sync() {
	ctx, c, end := exampleClient()
	defer end()
	tree := cache.Open(c, "/app")
	defer tree.Close()
	c.Set(ctx, "/app/db", []byte("db2:5432"), zkasync.AnyVersion)
	if _, err := tree.Sync(ctx).Get(ctx); err != nil {
		fmt.Println(err)
		return
	}
	db, _ := tree.Get("/app/db")
	fmt.Printf("%s\n", db.Data)
	tree.Refresh() // reads everything again; only needed after a change of permissions
	tree.Close()
	<-tree.Done()
	fmt.Println(tree.Err())
	// Output:
	// db2:5432
	// cache: keep /app: closed
}

// With a callback, changes come in one sequence with all other callbacks of the client.
func ExampleCache_OnChange() {
	_, c, end := exampleClient()
	defer end()
	tree := cache.Open(c, "/app")
	defer tree.Close()
	begun := make(chan struct{})
	remove := tree.OnChange(func(e cache.Event) {
		if e.Kind == cache.Synced {
			close(begun) // from now on, events are changes
			return
		}
		fmt.Println(e.Kind, e.Path)
	})
	<-begun
	remove()
	// Output:
	// Created /app
	// Created /app/db
	// Created /app/limits
	// Created /app/limits/read
	// Created /app/limits/write
}

// The loop gets the children of one znode with their data, and again after each change.
func ExampleWatchChildrenData() {
	ctx, c, end := exampleClient()
	defer end()
	limits := cache.WatchChildrenData(c, "/app/limits")
	defer limits.Close()
	for now, err := range limits.All(ctx) {
		if err != nil || now.Err != nil || !now.Exists {
			fmt.Println("no limits:", now.Err)
			return
		}
		for name, limit := range now.Value.All() {
			fmt.Printf("%s=%s\n", name, limit.Data)
		}
		if now.Value.Len() == 1 {
			break
		}
		c.Delete(ctx, "/app/limits/read", zkasync.AnyVersion)
	}
	latest, known := limits.Latest()
	write, found := latest.Value.Get("write")
	fmt.Println(known, found, string(write.Data), len(maps.Collect(latest.Value.All())))
	limits.Refresh() // nothing has changed, so nothing is delivered
	fmt.Println(limits.Cache().Path(), limits.Err())
	limits.Close()
	<-limits.Done()
	_, open := <-limits.C()
	fmt.Println(open, limits.Err())
	// Output:
	// read=100
	// write=10
	// write=10
	// true true 10 1
	// /app/limits <nil>
	// false cache: keep /app/limits: closed
}
