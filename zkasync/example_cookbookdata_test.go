package zkasync_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/cache"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// The functions of docs/cookbook.md that read and write znodes: see example_cookbook_test.go.

// publish stores a release, whose name nobody else uses, and makes it the current one: both, or neither if somebody
// else has published meanwhile.
func publish(ctx context.Context, c *zkasync.Client, release string, data []byte) error {
	current, err := c.Get(ctx, "/releases/current").Get(ctx)
	if err != nil {
		return err
	}
	_, err = c.Multi(ctx,
		zkasync.CreateOp("/releases/"+release, data),
		zkasync.SetOp("/releases/current", []byte(release), current.Stat.Version),
	).Get(ctx)
	var failed *zkasync.MultiError
	switch {
	case errors.As(err, &failed): // nothing was applied
		return fmt.Errorf("operation %d, %s %s: %w", failed.Index, failed.Op, failed.Path, failed.Err)
	case errors.Is(err, zkasync.ErrOutcomeUnknown): // both or neither: look which
		if _, e := c.Sync(ctx, "/releases").Get(ctx); e != nil { // has this server catch up with the others
			return err
		}
		if st, e := c.Exists(ctx, "/releases/"+release).Get(ctx); e == nil && st != nil {
			return nil
		}
	}
	return err
}

// A transaction is applied completely or not at all.
func Example_cookbookTransaction() {
	ctx, cancel := cookbookContext()
	defer cancel()
	srv := cookbookServer()
	defer srv.Close()
	c := cookbookClient(ctx, srv)
	defer c.Close()
	_ = srv.Load(map[string]string{"/releases/current": "none"})

	fmt.Println(publish(ctx, c, "v1", []byte("...")))
	fmt.Println(publish(ctx, c, "v1", []byte("...")))
	srv.Fault(zktest.Fault{Op: zktest.OpMulti, Count: 1, When: zktest.After, Do: zktest.Drop()}) // it is applied, but its answer is lost
	fmt.Println(publish(ctx, c, "v2", []byte("...")))
	// Output:
	// <nil>
	// operation 0, create /releases/v1: node already exists
	// <nil>
}

// addJob adds a job to a queue, if that is open, and returns the path that the server gave it.
func addJob(ctx context.Context, c *zkasync.Client, queue string, data []byte) (string, error) {
	tx := c.Transaction()
	tx.Check(queue+"/open", zkasync.AnyVersion)
	job := tx.Create(queue+"/job-", data, zkasync.Sequential())
	if _, err := tx.Commit(ctx).Get(ctx); err != nil {
		return "", err
	}
	made, err := job.Result()
	return made.Path, err
}

// Each part of a transaction has a result of its own type.
func Example_cookbookTransactionParts() {
	ctx, cancel := cookbookContext()
	defer cancel()
	srv := cookbookServer()
	defer srv.Close()
	c := cookbookClient(ctx, srv)
	defer c.Close()
	_ = srv.Load(map[string]string{"/jobs/open": ""})

	fmt.Println(addJob(ctx, c, "/jobs", []byte("...")))
	c.Delete(ctx, "/jobs/open", zkasync.AnyVersion)
	_, err := addJob(ctx, c, "/jobs", []byte("..."))
	fmt.Println(err)
	// Output:
	// /jobs/job-0000000001 <nil>
	// zkasync: multi: operation 0, check /jobs/open: node does not exist (so not applied: create /jobs/job-)
}

// treeSize returns how many znodes a tree has, and how many bytes of data.
func treeSize(ctx context.Context, c *zkasync.Client, path string) (znodes, bytes int, err error) {
	for entry, err := range c.Walk(ctx, path, zkasync.StatsOnly()) {
		switch {
		case errors.Is(err, zk.ErrNoAuth):
			slog.Warn("may not be read", "path", entry.Path)
		case err != nil:
			return znodes, bytes, err
		default:
			znodes, bytes = znodes+1, bytes+int(entry.Stat.DataLength)
		}
	}
	return znodes, bytes, nil
}

// A tree is read once, in order.
func Example_cookbookWalk() {
	ctx, cancel := cookbookContext()
	defer cancel()
	srv := cookbookServer()
	defer srv.Close()
	c := cookbookClient(ctx, srv)
	defer c.Close()
	_ = srv.Load(map[string]string{"/config": "", "/config/a": "1234", "/config/b/c": "56"})

	fmt.Println(treeSize(ctx, c, "/config"))
	// Output: 4 6 <nil>
}

// readAll reads the data of many znodes, 200 at a time. Those that do not exist are left out.
func readAll(ctx context.Context, c *zkasync.Client, paths []string) (map[string][]byte, error) {
	results, err := future.SettleEach(ctx, 200, paths, c.Get).Get(ctx)
	if err != nil {
		return nil, err
	}
	found := make(map[string][]byte)
	for i, r := range results {
		switch {
		case r.Err == nil:
			found[paths[i]] = r.Value.Data
		case !errors.Is(r.Err, zk.ErrNoNode):
			return nil, r.Err
		}
	}
	return found, nil
}

// Many operations at a bounded rate.
func Example_cookbookEach() {
	ctx, cancel := cookbookContext()
	defer cancel()
	srv := cookbookServer()
	defer srv.Close()
	c := cookbookClient(ctx, srv)
	defer c.Close()
	_ = srv.Load(map[string]string{"/a": "1", "/b": "2"})

	found, err := readAll(ctx, c, []string{"/a", "/none", "/b"})
	fmt.Println(len(found), string(found["/b"]), err)
	// Output: 2 2 <nil>
}

// tenantClient returns a client that sees only what belongs to a tenant. It shares the session of c.
func tenantClient(ctx context.Context, c *zkasync.Client, tenant string) (*zkasync.Client, error) {
	view, err := c.Chroot("/tenants/" + tenant)
	if err != nil {
		return nil, err // the name is no part of a path
	}
	if _, err := view.EnsurePath(ctx, "/").Get(ctx); err != nil {
		return nil, err
	}
	return view, nil
}

// Several trees over one session.
func Example_cookbookViews() {
	ctx, cancel := cookbookContext()
	defer cancel()
	srv := cookbookServer()
	defer srv.Close()
	c := cookbookClient(ctx, srv)
	defer c.Close()

	red, err := tenantClient(ctx, c, "red")
	if err != nil {
		fmt.Println(err)
		return
	}
	made, err := red.Create(ctx, "/config", nil).Get(ctx)
	fmt.Println(made.Path, err)
	_, _, err = srv.Get("/tenants/red/config")
	fmt.Println(err)
	// Output:
	// /config <nil>
	// <nil>
}

// followTree calls changed for each znode at path and below, now and when it is written, and gone when one is deleted, until ctx ends.
func followTree(ctx context.Context, c *zkasync.Client, path string, changed, gone func(cache.Entry)) error {
	tree := cache.Open(c, path)
	defer tree.Close()
	for event, err := range tree.Events(ctx) {
		switch {
		case err != nil:
			return err // the last pair
		case event.Kind == cache.Synced: // everything has been told
		case event.Kind == cache.Deleted:
			gone(event.Old)
		case event.New.Err != nil:
			slog.Warn("may not be read", "path", event.Path, "error", event.New.Err)
		default:
			changed(event.New)
		}
	}
	return nil
}

// A tree is followed with its data, even across a lost connection.
func Example_cookbookTree() {
	ctx, cancel := cookbookContext()
	defer cancel()
	srv := cookbookServer()
	defer srv.Close()
	c := cookbookClient(ctx, srv)
	defer c.Close()
	_ = srv.Load(map[string]string{"/jobs/one": "do this"})
	told := make(chan string, 100)
	until, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() {
		ended <- followTree(until, c, "/jobs",
			func(e cache.Entry) { told <- strings.TrimSpace(fmt.Sprintf("%s: %s", e.Path, e.Data)) },
			func(e cache.Entry) { told <- fmt.Sprintf("%s is gone, was: %s", e.Path, e.Data) })
	}()

	fmt.Println(<-told)
	fmt.Println(<-told)
	_ = srv.Put("/jobs/one", []byte("do that"))
	fmt.Println(<-told)
	srv.Drop() // all connections
	_ = srv.Delete("/jobs/one")
	fmt.Println(<-told)
	stop()
	fmt.Println(errors.Is(<-ended, context.Canceled))
	// Output:
	// /jobs:
	// /jobs/one: do this
	// /jobs/one: do that
	// /jobs/one is gone, was: do that
	// true
}

// followEvents calls read at first and when events may have been missed, and changed for each change at path or below.
func followEvents(ctx context.Context, c *zkasync.Client, path string, read func(), changed func(zkasync.Event)) error {
	sub, err := c.AddWatch(ctx, path, zkasync.PersistentRecursive).Get(ctx)
	if err != nil {
		return err
	}
	defer sub.Close()
	read() // after the watch is set, so that nothing falls in between
	for event, err := range sub.All(ctx) {
		switch {
		case err != nil:
			return err
		case event.Resync:
			read()
		default:
			changed(event)
		}
	}
	return nil
}

// A subscription reports each change in a tree, and when some may have been missed.
func Example_cookbookEvents() {
	ctx, cancel := cookbookContext()
	defer cancel()
	srv := cookbookServer()
	defer srv.Close()
	c := cookbookClient(ctx, srv)
	defer c.Close()
	_ = srv.Put("/jobs", nil)
	told := make(chan string, 100)
	until, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() {
		ended <- followEvents(until, c, "/jobs",
			func() { told <- "read all" },
			func(e zkasync.Event) { told <- fmt.Sprint(e.Type, " ", e.Path) })
	}()

	fmt.Println(<-told)
	_ = srv.Put("/jobs/one", nil)
	fmt.Println(<-told)
	srv.Drop() // all connections
	fmt.Println(<-told)
	stop()
	fmt.Println(<-ended)
	// Output:
	// read all
	// EventNodeCreated /jobs/one
	// read all
	// context canceled
}

// createAll creates many znodes, and returns how many of them were new. Their parents must exist.
func createAll(ctx context.Context, c *zkasync.Client, znodes map[string][]byte) (made int, err error) {
	bulk := c.Bulk(ctx)
	var all []*future.Future[zkasync.Created]
	for path, data := range znodes {
		all = append(all, bulk.Create(path, data)) // sent from here on, in the background
	}
	results, err := future.Settle(all...).Get(ctx)
	for _, r := range results {
		switch {
		case r.Err == nil:
			made++
		case !errors.Is(r.Err, zk.ErrNodeExists): // the error names the path
			err = errors.Join(err, r.Err)
		}
	}
	return made, err
}

func Example_cookbookBulk() {
	ctx, cancel := cookbookContext()
	defer cancel()
	srv := cookbookServer()
	defer srv.Close()
	_ = srv.Put("/items", nil)
	c := cookbookClient(ctx, srv)
	defer c.Close()

	znodes := make(map[string][]byte)
	for i := range 1000 {
		znodes[fmt.Sprintf("/items/%d", i)] = []byte("data")
	}
	fmt.Println(createAll(ctx, c, znodes))
	znodes["/missing/parent"] = nil
	fmt.Println(createAll(ctx, c, znodes))
	// Output:
	// 1000 <nil>
	// 0 zkasync: create /missing/parent: node does not exist
}
