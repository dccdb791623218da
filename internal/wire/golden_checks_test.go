package wire_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/wire"
)

// This file has the requests and the checks of replies that golden cases consist
// of. A check decodes the body, checks the values and encodes them again, so that
// anything that a decoder skips is noticed.

type replyCheck = func(t *testing.T, body []byte) []byte

const passwordLen = 16

var (
	oneShot    = wire.WatchSet{Data: []string{"/golden"}, Exist: []string{"/golden/none"}, Child: []string{"/golden"}}
	allWatches = wire.WatchSet{Data: oneShot.Data, Exist: oneShot.Exist, Child: oneShot.Child,
		Persistent: []string{"/golden/null"}, PersistentRecursive: []string{"/golden/ttl"}}
)

func noRecord(b, _ []byte) []byte { return b }

func noReply(*testing.T, []byte) []byte { return nil }

func connectRequest(b, record []byte) []byte {
	c, err := wire.DecodeConnectRequest(record)
	if err != nil || c.ProtocolVersion != 0 || c.Timeout != 10_000 || len(c.Password) != passwordLen || c.ReadOnly {
		return b
	}
	return wire.AppendConnectRequest(b, &c)
}

func connectReply(t *testing.T, body []byte) []byte {
	c, err := wire.DecodeConnectResponse(body)
	if err != nil || c.ProtocolVersion != 0 || c.Timeout != 10_000 || len(c.Password) != passwordLen || c.SessionID == 0 {
		t.Errorf("response %+v, error %v", c, err)
	}
	return wire.AppendConnectResponse(nil, &c)
}

// shortConnectRequest is the connect request of a client that does not know
// readOnly.
func shortConnectRequest(b, record []byte) []byte {
	b = connectRequest(b, record)
	return b[:len(b)-1]
}

func shortConnectReply(t *testing.T, body []byte) []byte {
	b := connectReply(t, body)
	return b[:len(b)-1]
}

func setWatches(encode func(b []byte, relativeZxid int64, w *wire.WatchSet) []byte, w *wire.WatchSet) func(b, record []byte) []byte {
	return func(b, record []byte) []byte {
		zxid, _, err := wire.DecodeInt64(record)
		if err != nil {
			return b
		}
		return encode(b, zxid, w)
	}
}

func multiRequest(b, _ []byte) []byte {
	b = wire.AppendMultiHeader(b, wire.OpCheck, false, -1)
	b = wire.AppendPathVersion(b, "", "/golden", 0)
	b = wire.AppendMultiHeader(b, wire.OpCreate, false, -1)
	b = wire.AppendCreate(b, "", "/golden/a", []byte("a"), open, persistent)
	b = wire.AppendMultiHeader(b, wire.OpCreateContainer, false, -1)
	b = wire.AppendCreate(b, "", "/golden/b", []byte("b"), open, container)
	b = wire.AppendMultiHeader(b, wire.OpSetData, false, -1)
	b = wire.AppendSetData(b, "", "/golden/a", []byte("aa"), 0)
	b = wire.AppendMultiHeader(b, wire.OpDelete, false, -1)
	b = wire.AppendPathVersion(b, "", "/golden/b", -1)
	return wire.AppendMultiHeader(b, wire.OpError, true, -1)
}

func failingMultiRequest(b, _ []byte) []byte {
	b = wire.AppendMultiHeader(b, wire.OpSetData, false, -1)
	b = wire.AppendSetData(b, "", "/golden/a", []byte("never"), -1)
	b = wire.AppendMultiHeader(b, wire.OpCheck, false, -1)
	b = wire.AppendPathVersion(b, "", "/golden", 99)
	b = wire.AppendMultiHeader(b, wire.OpDelete, false, -1)
	b = wire.AppendPathVersion(b, "", "/golden/a", -1)
	return wire.AppendMultiHeader(b, wire.OpError, true, -1)
}

// multiReply expects one result for each operation, with these opcodes.
func multiReply(want ...wire.OpCode) replyCheck {
	return func(t *testing.T, body []byte) []byte {
		var b []byte
		var got []wire.OpCode
		for {
			op, done, code, rest, err := wire.DecodeMultiHeader(body)
			if err != nil {
				t.Errorf("after %v: %v", got, err)
				return b
			}
			b = wire.AppendMultiHeader(b, op, done, code)
			if done {
				break
			}
			got = append(got, op)
			result := multiResult(t, op, code, rest)
			b = append(b, result...)
			body = rest[len(result):]
		}
		if !slices.Equal(got, want) {
			t.Errorf("results %v, want %v", got, want)
		}
		return b
	}
}

func multiResult(t *testing.T, op wire.OpCode, code int32, body []byte) []byte {
	switch op {
	case wire.OpCreate:
		return pathReply("/golden/a")(t, body)
	case wire.OpCreate2:
		return createdReply("/golden/b", func(*zk.Stat) bool { return true })(t, body)
	case wire.OpSetData:
		return statReply(func(st *zk.Stat) bool { return st.Version == 1 && st.DataLength == 2 })(t, body)
	case wire.OpError:
		again, _, err := wire.DecodeInt32(body)
		if err != nil || again != code {
			t.Errorf("code %d after header with %d, error %v", again, code, err)
		}
		return wire.AppendInt32(nil, again)
	}
	return nil
}

func pathReply(want string) replyCheck {
	return func(t *testing.T, body []byte) []byte {
		got, _, err := wire.DecodeString(body)
		if err != nil || got != want {
			t.Errorf("path %q, error %v, want %q", got, err, want)
		}
		return wire.AppendString(nil, got)
	}
}

func statReply(ok func(*zk.Stat) bool) replyCheck {
	return func(t *testing.T, body []byte) []byte {
		var st zk.Stat
		if _, err := wire.DecodeStat(body, &st); err != nil || !ok(&st) {
			t.Errorf("stat %+v, error %v", st, err)
		}
		return wire.AppendStat(nil, &st)
	}
}

func createdReply(path string, ok func(*zk.Stat) bool) replyCheck {
	return func(t *testing.T, body []byte) []byte {
		b := pathReply(path)(t, body)
		return append(b, statReply(ok)(t, body[len(b):])...)
	}
}

func dataReply(want []byte) replyCheck {
	return func(t *testing.T, body []byte) []byte {
		got, rest, err := wire.DecodeData(body)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("data %#v, error %v, want %#v", got, err, want)
		}
		b := wire.AppendBuffer(nil, got)
		return append(b, statReply(func(st *zk.Stat) bool { return int(st.DataLength) == len(want) })(t, rest)...)
	}
}

func childrenReply(want []string, withStat bool) replyCheck {
	return func(t *testing.T, body []byte) []byte {
		got, rest, err := wire.DecodeStrings(body)
		sorted := slices.Sorted(slices.Values(got))
		if err != nil || !slices.Equal(sorted, slices.Sorted(slices.Values(want))) {
			t.Errorf("children %q, error %v, want %q", got, err, want)
		}
		b := wire.AppendStrings(nil, got)
		if !withStat {
			return b
		}
		return append(b, statReply(func(st *zk.Stat) bool { return int(st.NumChildren) == len(want) })(t, rest)...)
	}
}

func aclReply(want []zk.ACL) replyCheck {
	return func(t *testing.T, body []byte) []byte {
		got, rest, err := wire.DecodeACLs(body)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("acl %+v, error %v, want %+v", got, err, want)
		}
		b := wire.AppendACLs(nil, got)
		return append(b, statReply(func(*zk.Stat) bool { return true })(t, rest)...)
	}
}

// errorCodeReply is the ErrorResponse with which servers answer addWatch.
func errorCodeReply(t *testing.T, body []byte) []byte {
	code, _, err := wire.DecodeInt32(body)
	if err != nil || code != 0 {
		t.Errorf("code %d, error %v", code, err)
	}
	return wire.AppendInt32(nil, code)
}
