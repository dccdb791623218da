package zkasync

import (
	"bytes"
	"context"
	"fmt"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// MultiOp is one operation of [Client.Multi]. Create it with CreateOp, SetOp, DeleteOp or CheckOp. It may be used any number
// of times and by any client; its path is relative to the chroot of the client that applies it.
type MultiOp struct {
	code    wire.OpCode
	path    string
	data    []byte
	version int32
	opts    []CreateOption

	spec createSpec // of a create, from opts
	mode int32
}

// Op returns the kind of the operation, such as "create".
func (m MultiOp) Op() string { return m.code.String() }

// Path returns the path as it was given.
func (m MultiOp) Path() string { return m.path }

// String returns both, such as "create /a", in one line whatever the path contains.
func (m MultiOp) String() string { return m.Op() + " " + printable(m.path) }

// CreateOp creates a znode. It takes the options of Create except MakeParents and Protected.
func CreateOp(path string, data []byte, opts ...CreateOption) MultiOp {
	return MultiOp{code: wire.OpCreate2, path: path, data: bytes.Clone(data), opts: opts}
}

// SetOp sets a znode's data if its version is the one given; AnyVersion matches every version.
func SetOp(path string, data []byte, version int32) MultiOp {
	return MultiOp{code: wire.OpSetData, path: path, data: bytes.Clone(data), version: version}
}

// DeleteOp deletes a znode without children if its version is the one given; AnyVersion matches every version.
func DeleteOp(path string, version int32) MultiOp {
	return MultiOp{code: wire.OpDelete, path: path, version: version}
}

// CheckOp makes the transaction fail unless the znode has that version or, with AnyVersion, unless it exists.
func CheckOp(path string, version int32) MultiOp {
	return MultiOp{code: wire.OpCheck, path: path, version: version}
}

// MultiResult is the result of one operation of a transaction that was applied.
type MultiResult struct {
	Path string // of a create: the path of the created znode
	// Stat is the znode's stat after a set or the creation of a container or of a znode with a [TTL]. Other creates have it from
	// servers since 3.7.2, 3.8.2 and 3.9.0; earlier ones send none (ZOOKEEPER-4026), and it is zero.
	Stat zk.Stat
}

// multiRequest is Multi.
type multiRequest struct {
	op[[]MultiResult]
	ops []MultiOp
}

// Multi applies all operations or none of them, in one request (Java: multi). The results are in the order of the
// operations; [Client.Transaction] gives each a type of its own. The error of a transaction that the server refused unwraps to
// a [*MultiError], which names the operation at fault and those that were not applied because of it. A transaction larger than
// [WithMaxRequestSize], which should be the servers' jute.maxbuffer, is refused before it is sent. Without operations it
// succeeds with an empty result.
func (c *Client) Multi(ctx context.Context, ops ...MultiOp) *future.Future[[]MultiResult] {
	ops = append([]MultiOp(nil), ops...)
	for i := range ops {
		m := &ops[i]
		if err := m.prepare(c); err != nil {
			return failed[[]MultiResult](c, ctx, wire.OpMulti, "", &MultiError{Index: i, Op: m.code.String(), Path: m.path, Err: err})
		}
	}
	if err := c.checkMultiSize(ops); err != nil {
		return failed[[]MultiResult](c, ctx, wire.OpMulti, "", err)
	}
	return c.multi(ctx, c.completion(""), ops)
}

// checkMultiSize refuses a transaction that is too large for the servers, and says what makes it so.
func (c *Client) checkMultiSize(ops []MultiOp) error {
	size, largest, most := requestHeaderSize+multiHeaderSize, 0, 0
	for i := range ops {
		n := ops[i].size(&c.view)
		if size += n; n > most {
			largest, most = i, n
		}
	}
	if limit := c.cfg.maxRequest; size > limit {
		return fmt.Errorf("transaction of %d operations and %d bytes exceeds the limit of %d (WithMaxRequestSize, the servers' "+
			"jute.maxbuffer); the largest is operation %d, %s, with %d bytes", len(ops), size, limit, largest, ops[largest], most)
	}
	return nil
}

// multi sends operations that have been prepared.
func (c *Client) multi(ctx context.Context, ex future.Executor, ops []MultiOp) *future.Future[[]MultiResult] {
	o := &multiRequest{ops: ops}
	o.init(&c.view, ctx, ex, wire.OpMulti, "")
	return o.send(o)
}

// prepare checks the operation and determines its create mode.
func (m *MultiOp) prepare(c *Client) (err error) {
	if m.code != wire.OpCreate2 {
		if m.code == wire.OpDelete {
			return checkDeletable(m.path)
		}
		return checkPath(m.path)
	}
	if m.spec, err = c.createSpec(m.opts); err != nil {
		return err
	}
	if m.spec.parents || m.spec.protected {
		return fmt.Errorf("%w: a transaction's create takes no MakeParents or Protected, which need further requests", zk.ErrInvalidFlags)
	}
	m.mode, m.code = m.spec.mode()
	return checkCreatePath(m.path, m.spec.sequential)
}

// multiHeaderSize is the length of the header before each operation.
const multiHeaderSize = 9

func (o *multiRequest) Size() int {
	size := multiHeaderSize
	for i := range o.ops {
		size += o.ops[i].size(o.v)
	}
	return size
}

// size is the length of the operation's record with the header before it.
func (m *MultiOp) size(v *view) int {
	size := multiHeaderSize + 4 + wire.PathLen(m.spec.root(v, m.path), m.path)
	switch m.code {
	case wire.OpSetData:
		return size + 8 + len(m.data)
	case wire.OpDelete, wire.OpCheck:
		return size + 4
	case wire.OpCreateTTL:
		size += 8
	}
	return size + 8 + len(m.data) + aclSize(m.spec.acl)
}

func (o *multiRequest) Append(b []byte) []byte {
	for i := range o.ops {
		m := &o.ops[i]
		b = wire.AppendMultiHeader(b, m.code, false, -1)
		switch m.code {
		case wire.OpSetData:
			b = wire.AppendSetData(b, o.v.chroot, m.path, m.data, m.version)
		case wire.OpDelete, wire.OpCheck:
			b = wire.AppendPathVersion(b, o.v.chroot, m.path, m.version)
		case wire.OpCreateTTL:
			b = wire.AppendCreateTTL(b, m.spec.root(o.v, m.path), m.path, m.data, m.spec.acl, m.mode, m.spec.ttl.Milliseconds())
		default:
			b = wire.AppendCreate(b, m.spec.root(o.v, m.path), m.path, m.data, m.spec.acl, m.mode)
		}
	}
	return wire.AppendMultiHeader(b, wire.OpError, true, -1)
}

func (o *multiRequest) Reply(code int32, body []byte) {
	results, failed, err := o.decode(body)
	switch {
	case err == nil && failed != nil:
		if o.repeat.doubt {
			failed.ops = nil
		}
		o.rejected(&OpError{Op: o.code.String(), Outcome: OutcomeRejected, Err: failed})
	case code != 0:
		o.reject(code)
	default:
		o.finish(results, err)
	}
}

// decode reads the results. In a transaction that was not applied, one operation has the reason and the others have 0
// (before it) or "runtime inconsistency" (after it).
func (o *multiRequest) decode(body []byte) (results []MultiResult, failed *MultiError, err error) {
	results = make([]MultiResult, 0, len(o.ops))
	for i := 0; ; i++ {
		var code wire.OpCode
		var done bool
		if code, done, _, body, err = wire.DecodeMultiHeader(body); err != nil {
			return nil, nil, err
		}
		if done != (i == len(o.ops)) {
			return nil, nil, fmt.Errorf("the reply does not have one result for each of the %d operations", len(o.ops))
		}
		if done {
			return results, failed, nil
		}
		var r MultiResult
		var fault int32
		if r, fault, body, err = decodeMultiResult(o.v, code, body); err != nil {
			return nil, nil, err
		}
		failed = o.blame(failed, i, fault)
		results = append(results, r)
	}
}

// decodeMultiResult decodes one result, or the code of an error, which is 0 if there is none.
func decodeMultiResult(v *view, code wire.OpCode, body []byte) (r MultiResult, fault int32, rest []byte, err error) {
	switch code {
	case wire.OpError:
		fault, body, err = wire.DecodeInt32(body)
	case wire.OpSetData:
		body, err = wire.DecodeStat(body, &r.Stat)
	case wire.OpCreate, wire.OpCreate2, wire.OpCreateContainer, wire.OpCreateTTL:
		if r.Path, body, err = wire.DecodeString(body); err == nil {
			r.Path = v.strip(r.Path)
			if code != wire.OpCreate {
				body, err = wire.DecodeStat(body, &r.Stat)
			}
		}
	}
	return r, fault, body, err
}

func (o *multiRequest) blame(known *MultiError, i int, fault int32) *MultiError {
	if known != nil || fault == 0 {
		return known
	}
	m := &o.ops[i]
	return &MultiError{Index: i, Op: m.code.String(), Path: m.path, Err: o.v.serverError(fault), ops: o.ops}
}
