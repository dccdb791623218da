package zktest_test

import (
	"fmt"
	"strings"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/wire"
)

// creating are the options of a create.
type creating struct {
	op                          wire.OpCode // 0: OpCreate
	flags                       int32
	ttl                         int64
	acl                         []zk.ACL // nil: open
	nullPath, nullACL, nullData bool
}

func (p *player) create(path string, o creating) {
	op := o.op
	if op == 0 {
		op = wire.OpCreate
	}
	pathBytes, dataBytes, aclBytes := str(path), str("x"), acls(open)
	pathText, aclText := pyString(path), ""
	if o.nullPath {
		pathBytes, pathText = null, "None"
	}
	if o.nullData {
		dataBytes = null
	}
	switch {
	case o.nullACL:
		aclBytes, aclText = null, " acl=None"
	case o.acl != nil:
		aclBytes, aclText = acls(o.acl...), " acl="+pyACL(o.acl)
	}
	body := cat(pathBytes, dataBytes, aclBytes, num(o.flags))
	if op == wire.OpCreateTTL {
		body = append(body, long(o.ttl)...)
	}
	show := (*reading).text
	if op != wire.OpCreate {
		show = func(r *reading) string { return r.text() + " " + r.stat() }
	}
	p.do(fmt.Sprintf("create op%d %s f=%d%s", op, pathText, o.flags, aclText), op, body, show)
}

func watchBit(watch bool) int {
	if watch {
		return 1
	}
	return 0
}

func (p *player) get(path string, watch bool) {
	p.do(fmt.Sprintf("get %s w=%d", pyString(path), watchBit(watch)), wire.OpGetData, cat(str(path), boolean(watch)),
		func(r *reading) string { return r.data() + " " + r.stat() })
}

func (p *player) exists(path string, watch bool) {
	p.do(fmt.Sprintf("exists %s w=%d", pyString(path), watchBit(watch)), wire.OpExists, cat(str(path), boolean(watch)), (*reading).stat)
}

func (p *player) kids(path string, watch bool, op wire.OpCode) {
	two, show := "", (*reading).sorted
	if op == wire.OpGetChildren2 {
		two, show = "2", func(r *reading) string { return r.sorted() + " " + r.stat() }
	}
	p.do(fmt.Sprintf("children%s %s w=%d", two, pyString(path), watchBit(watch)), op, cat(str(path), boolean(watch)), show)
}

func (p *player) set(path string, b []byte, version int32) {
	shown := "None"
	if b != nil {
		shown = "b" + pyString(string(b))
	}
	p.do(fmt.Sprintf("set %s %s v=%d", pyString(path), shown, version), wire.OpSetData, cat(str(path), data(b), num(version)), (*reading).stat)
}

func (p *player) remove(path string, version int32) {
	p.do(fmt.Sprintf("delete %s v=%d", pyString(path), version), wire.OpDelete, cat(str(path), num(version)), nil)
}

func (p *player) setACL(path string, version int32, entries ...zk.ACL) {
	p.do(fmt.Sprintf("setACL %s %s v=%d", pyString(path), pyACL(entries), version), wire.OpSetACL,
		cat(str(path), acls(entries...), num(version)), (*reading).stat)
}

func (p *player) getACL(path string) {
	p.do("getACL "+pyString(path), wire.OpGetACL, str(path), func(r *reading) string {
		entries := take(r, wire.DecodeACLs)
		return pyACL(entries) + " " + r.stat()
	})
}

func (p *player) auth(scheme, credential string) {
	p.doAs(wire.XidAuth, fmt.Sprintf("auth %s b%s", scheme, pyString(credential)), wire.OpSetAuth,
		wire.AppendAuth(nil, scheme, []byte(credential)), nil)
}

func (p *player) addWatch(path string, mode int32) {
	p.do(fmt.Sprintf("addWatch %s mode %d", pyString(path), mode), wire.OpAddWatch, cat(str(path), num(mode)), (*reading).hex)
}

func (p *player) removeWatches(path string, kind int32) {
	p.do(fmt.Sprintf("removeWatches %s type %d", pyString(path), kind), wire.OpRemoveWatches, cat(str(path), num(kind)), nil)
}

// part is a part of a multi.
type part struct {
	op   wire.OpCode
	body []byte
}

func multiBody(parts []part) []byte {
	var b []byte
	for _, p := range parts {
		b = append(wire.AppendMultiHeader(b, p.op, false, -1), p.body...)
	}
	return wire.AppendMultiHeader(b, wire.OpError, true, -1)
}

func (p *player) multi(what string, op wire.OpCode, parts ...part) {
	read := ""
	if op == wire.OpMultiRead {
		read = "Read"
	}
	p.do(fmt.Sprintf("multi%s %s", read, what), op, multiBody(parts), (*reading).results)
}

// results formats the answer to a multi.
func (r *reading) results() string {
	var out []string
	for {
		op, done, code, rest, err := wire.DecodeMultiHeader(r.body)
		if err != nil {
			r.g.t.Error(err)
			return "undecoded"
		}
		r.body = rest
		if done {
			out = append(out, fmt.Sprintf("done(%d,%d)", op, code))
			return "[" + strings.Join(out, "; ") + "]"
		}
		switch op {
		case wire.OpError:
			out = append(out, fmt.Sprintf("error(hdr %d, body %d)", code, r.int32()))
		case wire.OpCreate:
			out = append(out, fmt.Sprintf("create %s hdr %d", r.text(), code))
		case wire.OpCreate2:
			out = append(out, fmt.Sprintf("create%d %s %s", op, r.text(), r.stat()))
		case wire.OpSetData:
			out = append(out, "set "+r.stat())
		case wire.OpGetData:
			out = append(out, fmt.Sprintf("get %s %s", r.data(), r.stat()))
		case wire.OpGetChildren:
			out = append(out, "kids "+r.sorted())
		default:
			out = append(out, fmt.Sprintf("op%d hdr %d", op, code))
		}
	}
}
