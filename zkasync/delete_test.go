package zkasync_test

import (
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
)

// With Quietly, only the deletion of a missing znode succeeds; other rejections are errors.
func TestDelete_Quietly(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	ctx := t.Context()
	must(t, c.Delete(ctx, "/none", zkasync.AnyVersion, zkasync.Quietly()))
	must(t, c.Delete(ctx, "/none/below", 3, zkasync.Quietly()))
	fails(t, c.Delete(ctx, "/none", zkasync.AnyVersion), zk.ErrNoNode)
	fails(t, c.Delete(ctx, "/none", zkasync.AnyVersion, zkasync.DeleteOption{}), zk.ErrNoNode)
	must(t, c.EnsurePath(ctx, "/a/b"))
	fails(t, c.Delete(ctx, "/a", zkasync.AnyVersion, zkasync.Quietly()), zk.ErrNotEmpty)
	fails(t, c.Delete(ctx, "/a/b", 3, zkasync.Quietly()), zk.ErrBadVersion)
	fails(t, c.Delete(ctx, "/", zkasync.AnyVersion, zkasync.Quietly()), zk.ErrInvalidPath)
	must(t, c.Delete(ctx, "/a/b", 0, zkasync.Quietly()))
	if must(t, c.Exists(ctx, "/a/b")) != nil {
		t.Error("it is still there")
	}
}
