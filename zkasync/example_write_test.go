package zkasync_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// The version makes a read and a write one step: if somebody else has written in between, the write is refused.
func ExampleClient_Set() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	c.Create(ctx, "/config", []byte("limit=10"))
	node, err := c.Get(ctx, "/config").Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}

	stat, err := c.Set(ctx, "/config", []byte("limit=20"), node.Stat.Version).Get(ctx)
	fmt.Println("version", stat.Version, err)
	_, err = c.Set(ctx, "/config", []byte("limit=30"), node.Stat.Version).Get(ctx)
	fmt.Println(errors.Is(err, zk.ErrBadVersion), err)
	stat, err = c.Set(ctx, "/config", []byte("limit=40"), zkasync.AnyVersion).Get(ctx)
	fmt.Println("version", stat.Version, err)
	// Output:
	// version 1 <nil>
	// true zkasync: set /config: version conflict
	// version 2 <nil>
}

func ExampleClient_Delete() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	c.Create(ctx, "/a", nil)
	c.Create(ctx, "/a/b", nil)
	_, err := c.Delete(ctx, "/a", zkasync.AnyVersion).Get(ctx)
	fmt.Println(err)
	_, err = c.Delete(ctx, "/a/b", zkasync.AnyVersion).Get(ctx)
	fmt.Println(err)
	// Output:
	// zkasync: delete /a: node has children
	// <nil>
}

// With Quietly, deleting a znode that does not exist succeeds.
func ExampleQuietly() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	_, err := c.Delete(ctx, "/missing", zkasync.AnyVersion).Get(ctx)
	fmt.Println(err)
	_, err = c.Delete(ctx, "/missing", zkasync.AnyVersion, zkasync.Quietly()).Get(ctx)
	fmt.Println(err)
	// Output:
	// zkasync: delete /missing: node does not exist
	// <nil>
}

// The deletion goes on until it is known that the znode is gone, here although the connection is lost with its answer.
func ExampleGuaranteed() {
	ctx := context.Background()
	srv, err := zktest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	c, err := zkasync.Connect(ctx, srv.Addr(), srv.Options()...)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	c.Create(ctx, "/lock", nil)
	srv.Fault(zktest.Fault{Op: zktest.OpDelete, Count: 1, When: zktest.After, Do: zktest.Drop()})

	gone := c.Delete(ctx, "/lock", zkasync.AnyVersion, zkasync.Guaranteed())
	_, err = gone.Get(ctx) // nobody has to wait
	fmt.Println(err)
	// Output: <nil>
}

// CreateOrSet writes data whether the znode exists or not, and tells whether it has created the znode.
func ExampleClient_CreateOrSet() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	for _, data := range []string{"one", "two"} {
		done, err := c.CreateOrSet(ctx, "/config/limit", []byte(data), zkasync.MakeParents()).Get(ctx)
		fmt.Println(done.Created, done.Stat.Version, err)
	}
	// Output:
	// true 0 <nil>
	// false 1 <nil>
}

// DeleteAll deletes a znode with everything below it. A missing znode is not an error.
func ExampleClient_DeleteAll() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	if _, err := c.EnsurePath(ctx, "/a/b/c").Get(ctx); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.DeleteAll(ctx, "/a").Get(ctx))
	fmt.Println(c.DeleteAll(ctx, "/a").Get(ctx))
	// Output:
	// 3 <nil>
	// 0 <nil>
}

// EnsurePath creates whatever is missing of a path. It is not an error if nothing is missing.
func ExampleClient_EnsurePath() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	fmt.Println(c.EnsurePath(ctx, "/a/b/c").Get(ctx))
	fmt.Println(c.EnsurePath(ctx, "/a/b/c").Get(ctx))
	// Output:
	// /a/b/c <nil>
	// /a/b/c <nil>
}

func ExampleClient_SetACL() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	c.Create(ctx, "/config", nil)
	acl, err := c.GetACL(ctx, "/config").Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}

	readers := zk.WorldACL(zk.PermRead)
	writers := zk.DigestACL(zk.PermAll, "ann", "secret")
	stat, err := c.SetACL(ctx, "/config", append(readers, writers...), acl.Stat.Aversion).Get(ctx)
	fmt.Println("version of the list:", stat.Aversion, err)
	_, err = c.Set(ctx, "/config", nil, zkasync.AnyVersion).Get(ctx)
	fmt.Println(errors.Is(err, zk.ErrNoAuth))
	// Output:
	// version of the list: 1 <nil>
	// true
}

// The credential counts for operations that are submitted after it, and is sent again on each new connection.
func ExampleClient_AddAuth() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	c.Create(ctx, "/secret", []byte("42"), zkasync.WithACL(zk.DigestACL(zk.PermAll, "ann", "password")))
	_, err := c.Get(ctx, "/secret").Get(ctx)
	fmt.Println(err)

	c.AddAuth(ctx, "digest", []byte("ann:password"))
	node, err := c.Get(ctx, "/secret").Get(ctx)
	fmt.Printf("%s %v\n", node.Data, err)
	// Output:
	// zkasync: get /secret: not authenticated
	// 42 <nil>
}

// All operations of a transaction are applied, or none.
func ExampleClient_Multi() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	c.Create(ctx, "/old", nil)

	results, err := c.Multi(ctx,
		zkasync.CheckOp("/old", 0),
		zkasync.CreateOp("/job-", []byte("new"), zkasync.Sequential()),
		zkasync.SetOp("/old", []byte("moved"), 0),
		zkasync.DeleteOp("/old", 1),
	).Get(ctx)
	fmt.Println(len(results), results[1].Path, results[2].Stat.Version, err)
	// Output: 4 /job-0000000001 1 <nil>
}

// Each part has a result of its own type once the transaction is applied.
func ExampleClient_Transaction() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	c.Create(ctx, "/jobs", nil)

	tx := c.Transaction()
	tx.Check("/jobs", 0)
	job := tx.Create("/jobs/job-", []byte("new"), zkasync.Sequential())
	count := tx.Set("/jobs", []byte("1"), 0)
	if _, err := tx.Commit(ctx).Get(ctx); err != nil {
		fmt.Println(err)
		return
	}
	made, _ := job.Result()
	stat, _ := count.Result()
	fmt.Println(made.Path, stat.Version)
	// Output: /jobs/job-0000000000 1
}

// One part is refused, and the others are rolled back.
func ExamplePart_Result() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	tx := c.Transaction()
	made := tx.Create("/a", nil)
	deleted := tx.Delete("/missing", zkasync.AnyVersion)
	_, err := tx.Commit(ctx).Get(ctx)
	fmt.Println(err)
	_, err = made.Result()
	fmt.Println(errors.Is(err, zkasync.ErrRolledBack), err)
	_, err = deleted.Result()
	fmt.Println(errors.Is(err, zk.ErrNoNode), err)
	// Output:
	// zkasync: multi: operation 1, delete /missing: node does not exist (so not applied: create /a)
	// true zkasync: create /a: rolled back because of operation 1, delete /missing: node does not exist
	// true zkasync: delete /missing: node does not exist
}

// A Bulk makes many writes at several times the rate of single ones, each with a future of its own.
func ExampleClient_Bulk() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()

	b := c.Bulk(ctx)
	var made []*future.Future[zkasync.Created]
	for i := range 1000 {
		made = append(made, b.Create(fmt.Sprintf("/item-%d", i), []byte("data")))
	}
	again := b.Create("/item-7", nil) // refused by itself: the others are made all the same
	_, err := future.All(made...).Get(ctx)
	fmt.Println(err)
	_, err = again.Get(ctx)
	fmt.Println(err)
	// Output:
	// <nil>
	// zkasync: create /item-7: node already exists
}

// A Bulk can set and delete as well.
func ExampleBulk() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()

	b := c.Bulk(ctx)
	b.Create("/a", []byte("1"))
	set := b.Set("/a", []byte("2"), 0) // of the same znode, so it comes after the create
	deleted := b.Delete("/a", 1)
	st, err := set.Get(ctx)
	fmt.Println(st.Version, err)
	_, err = deleted.Get(ctx)
	fmt.Println(err)
	// Output:
	// 1 <nil>
	// <nil>
}

// The error says which operation was refused, and why. Nothing was applied.
func ExampleMultiError() {
	ctx := context.Background()
	c := demoClient()
	defer c.Close()
	_, err := c.Multi(ctx,
		zkasync.CreateOp("/a", nil),
		zkasync.DeleteOp("/missing", zkasync.AnyVersion),
	).Get(ctx)
	var failed *zkasync.MultiError
	if errors.As(err, &failed) {
		fmt.Println(failed.Index, failed.Op, failed.Path, errors.Is(err, zk.ErrNoNode))
		fmt.Println("not applied:", failed.RolledBack())
	}
	stat, err := c.Exists(ctx, "/a").Get(ctx)
	fmt.Println(stat, err)
	// Output:
	// 1 delete /missing true
	// not applied: [create /a]
	// <nil> <nil>
}

// Optimistic locking: read, change and write, and start again if somebody else has written in between.
func ExampleClient_Set_loop() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	c := demoClient()
	defer c.Close()
	c.Create(ctx, "/counter", []byte{0})

	for {
		node, err := c.Get(ctx, "/counter").Get(ctx)
		if err != nil {
			fmt.Println(err)
			return
		}
		_, err = c.Set(ctx, "/counter", []byte{node.Data[0] + 1}, node.Stat.Version).Get(ctx)
		if errors.Is(err, zk.ErrBadVersion) {
			continue
		}
		fmt.Println(node.Data[0]+1, err)
		return
	}
	// Output: 1 <nil>
}
