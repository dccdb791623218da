package wire_test

import (
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/wire"
)

// opConnect marks the exchange without a request header.
const opConnect = wire.OpCreateSession

// goldenCase is one exchange of the capture.
type goldenCase struct {
	name    string
	op      wire.OpCode
	request func(b, record []byte) []byte          // appends the record; takes from the captured one what it cannot know
	err     int32                                  // the reply's code
	reply   func(t *testing.T, body []byte) []byte // decodes, checks and encodes again
	events  []wire.WatchEvent                      // events that come before the reply
	drop    bool                                   // the proxy then closes the connection
}

var (
	open     = []zk.ACL{{Perms: zk.PermAll, Scheme: "world", ID: "anyone"}}
	authOnly = []zk.ACL{{Perms: zk.PermAll, Scheme: "auth"}, {Perms: zk.PermRead, Scheme: "world", ID: "anyone"}}
	digest   = append(zk.DigestACL(zk.PermAll, "golden", "secret"), authOnly[1])
)

const (
	persistent          int32 = 0
	ephemeralSequential int32 = 3
	container           int32 = 4
	withTTL             int32 = 5
	connected           int32 = int32(zk.StateSyncConnected)
)

func goldenCases() []goldenCase {
	cases := append(writeCases(), readCases()...)
	cases = append(cases, aclCases()...)
	cases = append(cases, multiCases()...)
	return append(cases, watchCases()...)
}

func writeCases() []goldenCase {
	create := func(path string, data []byte, flags int32) func(b, _ []byte) []byte {
		return func(b, _ []byte) []byte { return wire.AppendCreate(b, "", path, data, open, flags) }
	}
	return []goldenCase{
		{name: "connect", op: opConnect, request: connectRequest, reply: connectReply},
		{name: "create", op: wire.OpCreate, request: create("/golden", []byte("hello"), persistent), reply: pathReply("/golden")},
		{name: "create-null", op: wire.OpCreate, request: create("/golden/null", nil, persistent), reply: pathReply("/golden/null")},
		{name: "create2", op: wire.OpCreate2, request: create("/golden/seq-", []byte("e"), ephemeralSequential),
			reply: createdReply("/golden/seq-0000000001", func(st *zk.Stat) bool { return st.EphemeralOwner > 0 && st.DataLength == 1 })},
		{name: "create-container", op: wire.OpCreateContainer, request: create("/golden/container", []byte{}, container),
			reply: createdReply("/golden/container", func(st *zk.Stat) bool { return st.EphemeralOwner == 0 && st.DataLength == 0 })},
		{name: "create-ttl", op: wire.OpCreateTTL,
			request: func(b, _ []byte) []byte {
				return wire.AppendCreateTTL(b, "", "/golden/ttl", []byte("t"), open, withTTL, 3_600_000)
			},
			reply: createdReply("/golden/ttl", func(st *zk.Stat) bool { return st.EphemeralOwner == 0 && st.DataLength == 1 })},
		{name: "create-exists", op: wire.OpCreate2, request: create("/golden", []byte("again"), persistent), err: -110, reply: noReply},
	}
}

func readCases() []goldenCase {
	read := func(path string, watch bool) func(b, _ []byte) []byte {
		return func(b, _ []byte) []byte { return wire.AppendPathWatch(b, "", path, watch) }
	}
	set := func(path, data string, version int32) func(b, _ []byte) []byte {
		return func(b, _ []byte) []byte { return wire.AppendSetData(b, "", path, []byte(data), version) }
	}
	names := []string{"container", "ttl", "seq-0000000001", "null"}
	return []goldenCase{
		{name: "exists", op: wire.OpExists, request: read("/golden", false),
			reply: statReply(func(st *zk.Stat) bool { return st.NumChildren == 4 && st.DataLength == 5 && st.Cversion == 4 })},
		{name: "exists-no-node", op: wire.OpExists, request: read("/golden/none", false), err: -101, reply: noReply},
		{name: "get", op: wire.OpGetData, request: read("/golden", false), reply: dataReply([]byte("hello"))},
		{name: "get-null", op: wire.OpGetData, request: read("/golden/null", false), reply: dataReply(nil)},
		{name: "get-watch", op: wire.OpGetData, request: read("/golden/container", true), reply: dataReply([]byte{})},
		{name: "set", op: wire.OpSetData, request: set("/golden/container", "héllo", 0),
			events: []wire.WatchEvent{{Type: int32(zk.EventNodeDataChanged), State: connected, Path: "/golden/container"}},
			reply:  statReply(func(st *zk.Stat) bool { return st.Version == 1 && st.DataLength == 6 && st.Mzxid > st.Czxid })},
		{name: "set-bad-version", op: wire.OpSetData, request: set("/golden", "x", 9), err: -103, reply: noReply},
		{name: "children2", op: wire.OpGetChildren2, request: read("/golden", false), reply: childrenReply(names, true)},
		{name: "children", op: wire.OpGetChildren, request: read("/golden/null", false), reply: childrenReply(nil, false)},
	}
}

func aclCases() []goldenCase {
	path := func(path string) func(b, _ []byte) []byte {
		return func(b, _ []byte) []byte { return wire.AppendPathRecord(b, "", path) }
	}
	return []goldenCase{
		{name: "get-acl", op: wire.OpGetACL, request: path("/golden"), reply: aclReply(open)},
		{name: "auth", op: wire.OpSetAuth,
			request: func(b, _ []byte) []byte { return wire.AppendAuth(b, "digest", []byte("golden:secret")) }, reply: noReply},
		{name: "set-acl", op: wire.OpSetACL,
			request: func(b, _ []byte) []byte { return wire.AppendSetACL(b, "", "/golden/null", authOnly, 0) },
			reply:   statReply(func(st *zk.Stat) bool { return st.Aversion == 1 })},
		{name: "get-acl-digest", op: wire.OpGetACL, request: path("/golden/null"), reply: aclReply(digest)},
		{name: "sync", op: wire.OpSync, request: path("/golden"), reply: pathReply("/golden")},
	}
}

func multiCases() []goldenCase {
	remove := func(path string, version int32) func(b, _ []byte) []byte {
		return func(b, _ []byte) []byte { return wire.AppendPathVersion(b, "", path, version) }
	}
	return []goldenCase{
		{name: "multi", op: wire.OpMulti, request: multiRequest,
			reply: multiReply(wire.OpCheck, wire.OpCreate, wire.OpCreate2, wire.OpSetData, wire.OpDelete)},
		{name: "multi-failed", op: wire.OpMulti, request: failingMultiRequest,
			reply: multiReply(wire.OpError, wire.OpError, wire.OpError)},
		{name: "delete-not-empty", op: wire.OpDelete, request: remove("/golden", -1), err: -111, reply: noReply},
		{name: "delete", op: wire.OpDelete, request: remove("/golden/a", 1), reply: noReply},
		{name: "close", op: wire.OpClose, request: noRecord, reply: noReply},
	}
}

func watchCases() []goldenCase {
	read := func(path string) func(b, _ []byte) []byte {
		return func(b, _ []byte) []byte { return wire.AppendPathWatch(b, "", path, true) }
	}
	event := func(kind zk.EventType, path string) wire.WatchEvent {
		return wire.WatchEvent{Type: int32(kind), State: connected, Path: path}
	}
	return []goldenCase{
		{name: "watch-connect", op: opConnect, request: connectRequest, reply: connectReply},
		{name: "get-data-watch", op: wire.OpGetData, request: read("/golden"), reply: dataReply([]byte("hello"))},
		{name: "exists-watch", op: wire.OpExists, request: read("/golden/none"), err: -101, reply: noReply},
		{name: "children-watch", op: wire.OpGetChildren2, request: read("/golden"),
			reply: childrenReply([]string{"container", "ttl", "null"}, true), drop: true},
		{name: "reconnect", op: opConnect, request: connectRequest, reply: connectReply},
		{name: "set-watches", op: wire.OpSetWatches, request: setWatches(wire.AppendSetWatches, &oneShot), reply: noReply},
		{name: "add-watch", op: wire.OpAddWatch, reply: errorCodeReply, request: func(b, _ []byte) []byte {
			return wire.AppendAddWatch(b, "", "/golden/null", wire.AddWatchPersistent)
		}},
		{name: "add-watch-recursive", op: wire.OpAddWatch, reply: errorCodeReply, drop: true, request: func(b, _ []byte) []byte {
			return wire.AppendAddWatch(b, "", "/golden/ttl", wire.AddWatchPersistentRecursive)
		}},
		{name: "reconnect-2", op: opConnect, request: connectRequest, reply: connectReply},
		{name: "set-watches2", op: wire.OpSetWatches2, request: setWatches(wire.AppendSetWatches2, &allWatches), reply: noReply},
		{name: "set-fires", op: wire.OpSetData,
			request: func(b, _ []byte) []byte { return wire.AppendSetData(b, "", "/golden", []byte("changed"), -1) },
			events:  []wire.WatchEvent{event(zk.EventNodeDataChanged, "/golden")},
			reply:   statReply(func(st *zk.Stat) bool { return st.Version == 1 })},
		{name: "create-fires", op: wire.OpCreate,
			request: func(b, _ []byte) []byte {
				return wire.AppendCreate(b, "", "/golden/none", []byte("n"), open, persistent)
			},
			events: []wire.WatchEvent{event(zk.EventNodeCreated, "/golden/none"), event(zk.EventNodeChildrenChanged, "/golden")},
			reply:  pathReply("/golden/none")},
		{name: "check-watches", op: wire.OpCheckWatches, reply: noReply,
			request: func(b, _ []byte) []byte { return wire.AppendRemoveWatches(b, "", "/golden/null", wire.WatcherAny) }},
		{name: "remove-watches", op: wire.OpRemoveWatches, reply: noReply,
			request: func(b, _ []byte) []byte { return wire.AppendRemoveWatches(b, "", "/golden/ttl", wire.WatcherAny) }},
		{name: "watch-close", op: wire.OpClose, request: noRecord, reply: noReply},
		{name: "gozk-connect", op: opConnect, request: shortConnectRequest, reply: shortConnectReply},
		{name: "gozk-close", op: wire.OpClose, request: noRecord, reply: noReply},
	}
}
