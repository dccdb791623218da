package zkasync

import (
	"context"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// DeleteOption is an option of [Client.Delete].
type DeleteOption struct{ apply func(*deleteSpec) }

// deleteSpec is what the options of Delete set.
type deleteSpec struct{ quiet, guaranteed bool }

// Quietly makes the deletion of a znode that does not exist succeed (Curator: quietly).
func Quietly() DeleteOption { return DeleteOption{func(s *deleteSpec) { s.quiet = true }} }

// deleteRequest is the request of Delete.
type deleteRequest struct {
	op[future.Void]
	version int32
	quiet   bool
}

// Delete deletes a znode without children if its version is the one given (kazoo: delete_async). The root cannot be deleted,
// neither the server's nor a chroot's. The usual rejections are zk.ErrNoNode, unless [Quietly] is given, zk.ErrNotEmpty,
// zk.ErrBadVersion and zk.ErrNoAuth.
func (c *Client) Delete(ctx context.Context, path string, version int32, opts ...DeleteOption) *future.Future[future.Void] {
	o := &deleteRequest{version: version}
	if len(opts) > 0 {
		spec := deleteSpecOf(opts)
		if spec.guaranteed {
			return c.deleteGuaranteed(ctx, path, version, spec.quiet)
		}
		o.quiet = spec.quiet
	}
	return c.startDelete(ctx, c.completion(path), path, o)
}

func deleteSpecOf(opts []DeleteOption) (s deleteSpec) {
	for _, o := range opts {
		if o.apply != nil {
			o.apply(&s)
		}
	}
	return s
}

func (c *Client) delete(ctx context.Context, ex future.Executor, path string, version int32) *future.Future[future.Void] {
	return c.startDelete(ctx, ex, path, &deleteRequest{version: version})
}

func (c *Client) startDelete(ctx context.Context, ex future.Executor, path string, o *deleteRequest) *future.Future[future.Void] {
	o.init(&c.view, ctx, ex, wire.OpDelete, path)
	if err := checkDeletable(path); err != nil {
		o.refuse(err)
		return o.future()
	}
	return o.send(o)
}

func (o *deleteRequest) Size() int { return o.pathSize() + 4 }

func (o *deleteRequest) Append(b []byte) []byte {
	return wire.AppendPathVersion(b, o.v.chroot, o.path, o.version)
}

func (o *deleteRequest) Reply(code int32, _ []byte) {
	switch {
	case code == 0, code == wire.CodeNoNode && o.quiet:
		o.promise.Resolve(future.Void{})
	default:
		o.reject(code)
	}
}
