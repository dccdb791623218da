package zkasync

import (
	"context"
	"fmt"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// ReadOp is one read of [Client.MultiRead], made by GetOp or ChildrenOp.
type ReadOp struct {
	code wire.OpCode
	path string
}

// GetOp reads a znode's data and stat.
func GetOp(path string) ReadOp { return ReadOp{wire.OpGetData, path} }

// ChildrenOp lists a znode's children.
func ChildrenOp(path string) ReadOp { return ReadOp{wire.OpGetChildren, path} }

// ReadResult is the answer to one read of [Client.MultiRead].
type ReadResult struct {
	Node  Node     // of a GetOp
	Names []string // of a ChildrenOp, in no order; servers send no stat with them
	Err   error    // why the server refused this read, such as zk.ErrNoNode; an *OpError
}

// multiRead is MultiRead.
type multiRead struct {
	op[[]ReadResult]
	ops []ReadOp
}

// MultiRead does several reads in one request, at one moment: no write comes between them (Java: multi with Op.getData and
// Op.getChildren; servers since 3.6). The results are in the order of the reads. A read that the server refuses has its own
// Err, and the others have their answers. The future itself fails if there is no answer at all, or with [ErrUnimplemented] if
// the server does not know the operation. Without reads the result is empty.
//
// Gets that need not be of one moment travel together anyway, and each of their answers may be as large as
// [WithMaxReplySize] permits; here that limit applies to all answers together.
func (c *Client) MultiRead(ctx context.Context, ops ...ReadOp) *future.Future[[]ReadResult] {
	o := &multiRead{ops: append([]ReadOp(nil), ops...)}
	o.init(&c.view, ctx, c.completion(""), wire.OpMultiRead, "")
	for i, r := range o.ops {
		if err := checkPath(r.path); err != nil {
			o.refuse(&MultiError{Index: i, Op: r.code.String(), Path: r.path, Err: err})
			return o.future()
		}
	}
	return o.send(o)
}

func (o *multiRead) Size() int {
	size := multiHeaderSize
	for _, r := range o.ops {
		size += multiHeaderSize + 4 + wire.PathLen(o.v.chroot, r.path) + 1
	}
	return size
}

func (o *multiRead) Append(b []byte) []byte {
	for _, r := range o.ops {
		b = wire.AppendMultiHeader(b, r.code, false, -1)
		b = wire.AppendPathWatch(b, o.v.chroot, r.path, false)
	}
	return wire.AppendMultiHeader(b, wire.OpError, true, -1)
}

func (o *multiRead) Reply(code int32, body []byte) {
	if code != 0 {
		o.reject(code)
		return
	}
	o.finish(o.decode(body))
}

func (o *multiRead) decode(body []byte) ([]ReadResult, error) {
	results := make([]ReadResult, len(o.ops))
	for i := 0; ; i++ {
		code, done, fault, rest, err := wire.DecodeMultiHeader(body)
		switch {
		case err != nil:
			return nil, err
		case done != (i == len(o.ops)):
			return nil, fmt.Errorf("the reply does not have one result for each of the %d reads", len(o.ops))
		case done:
			return results, nil
		}
		if body, err = o.decodeOne(i, code, fault, rest, &results[i]); err != nil {
			return nil, err
		}
	}
}

// decodeOne decodes the i-th result, whose header has code and fault, and returns what follows it.
func (o *multiRead) decodeOne(i int, code wire.OpCode, fault int32, body []byte, r *ReadResult) (rest []byte, err error) {
	asked := o.ops[i]
	reject := func(fault int32) {
		r.Err = &OpError{Op: asked.code.String(), Path: asked.path, Outcome: OutcomeRejected, Err: o.v.serverError(fault)}
	}
	switch code {
	case wire.OpError:
		if fault, rest, err = wire.DecodeInt32(body); err == nil {
			reject(fault)
		}
	case asked.code:
		if fault != 0 { // ClickHouse Keeper tells a failure by the header alone
			reject(fault)
			return body, nil
		}
		if code == wire.OpGetChildren {
			r.Names, rest, err = wire.DecodeStrings(body)
			break
		}
		if r.Node.Data, rest, err = wire.DecodeData(body); err == nil {
			rest, err = wire.DecodeStat(rest, &r.Node.Stat)
		}
	default:
		err = fmt.Errorf("result %d is that of another operation, %s", i, code)
	}
	return rest, err
}
