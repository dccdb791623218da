package zkasync

import (
	"bytes"
	"context"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// AnyVersion as the version of Set, Delete, SetACL, SetOp, DeleteOp and CheckOp matches every version. Every other
// number is a version that a Stat can have: after 2147483647 comes -2147483648, and on servers before 3.10 -1 follows
// -2, a version that cannot be asked for (ZOOKEEPER-4743).
const AnyVersion int32 = -1

// setRequest is the request of Set.
type setRequest struct {
	op[zk.Stat]
	data    []byte
	version int32
}

// Set replaces a znode's data if its version is the one given (kazoo: set_async). The data is copied, so the slice may be
// reused at once; nil is stored as null, which Get returns as nil. The usual rejections are zk.ErrNoNode,
// zk.ErrBadVersion and zk.ErrNoAuth.
func (c *Client) Set(ctx context.Context, path string, data []byte, version int32) *future.Future[zk.Stat] {
	o := &setRequest{data: bytes.Clone(data), version: version}
	o.init(&c.view, ctx, c.completion(path), wire.OpSetData, path)
	if err := checkPath(path); err != nil {
		o.refuse(err)
		return o.future()
	}
	return o.send(o)
}

func (o *setRequest) Size() int { return o.pathSize() + 8 + len(o.data) }

func (o *setRequest) Append(b []byte) []byte {
	return wire.AppendSetData(b, o.v.chroot, o.path, o.data, o.version)
}

func (o *setRequest) Reply(code int32, body []byte) { replyStat(&o.op, code, body) }

// replyStat completes an operation whose reply is a stat.
func replyStat(o *op[zk.Stat], code int32, body []byte) {
	if code != 0 {
		o.reject(code)
		return
	}
	var st zk.Stat
	_, err := wire.DecodeStat(body, &st)
	o.finish(st, err)
}

// setACLRequest is the request of SetACL.
type setACLRequest struct {
	op[zk.Stat]
	acl     []zk.ACL
	version int32
}

// SetACL replaces a znode's access control list if its ACL's version (Stat.Aversion) is the one given (kazoo:
// set_acls_async).
func (c *Client) SetACL(ctx context.Context, path string, acl []zk.ACL, version int32) *future.Future[zk.Stat] {
	o := &setACLRequest{acl: append([]zk.ACL(nil), acl...), version: version}
	o.init(&c.view, ctx, c.completion(path), wire.OpSetACL, path)
	if err := firstError(checkPath(path), checkACL(acl)); err != nil {
		o.refuse(err)
		return o.future()
	}
	return o.send(o)
}

func (o *setACLRequest) Size() int { return o.pathSize() + aclSize(o.acl) + 4 }

func (o *setACLRequest) Append(b []byte) []byte {
	return wire.AppendSetACL(b, o.v.chroot, o.path, o.acl, o.version)
}

func (o *setACLRequest) Reply(code int32, body []byte) { replyStat(&o.op, code, body) }

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
