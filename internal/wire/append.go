package wire

import (
	"encoding/binary"

	"github.com/go-zookeeper/zk"
)

// AppendInt32 appends a jute int.
func AppendInt32(b []byte, v int32) []byte {
	return binary.BigEndian.AppendUint32(b, uint32(v))
}

// AppendInt64 appends a jute long.
func AppendInt64(b []byte, v int64) []byte {
	return binary.BigEndian.AppendUint64(b, uint64(v))
}

// AppendBool appends a jute boolean.
func AppendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

// AppendString appends a jute ustring.
func AppendString(b []byte, s string) []byte {
	return append(AppendInt32(b, int32(len(s))), s...)
}

// AppendBuffer appends a jute buffer. A nil p is jute's null, with the length -1.
// As the data of a znode it differs from an empty p.
func AppendBuffer(b, p []byte) []byte {
	if p == nil {
		return AppendInt32(b, nullLength)
	}
	return append(AppendInt32(b, int32(len(p))), p...)
}

// AppendStrings appends a vector of ustrings. A nil ss is an empty vector and not
// jute's null, because the server does not check the lists of SetWatches for null.
func AppendStrings(b []byte, ss []string) []byte {
	b = AppendInt32(b, int32(len(ss)))
	for _, s := range ss {
		b = AppendString(b, s)
	}
	return b
}

// AppendPath appends chroot+path as one ustring. The chroot is empty or starts
// with a slash. The root of a chroot is the chroot itself: "/app" and "/" give
// "/app".
func AppendPath(b []byte, chroot, path string) []byte {
	b = AppendInt32(b, int32(PathLen(chroot, path)))
	b = append(b, chroot...)
	if isChrootItself(chroot, path) {
		return b
	}
	return append(b, path...)
}

// PathLen returns the length of the path that AppendPath writes, without the four
// bytes of the length field.
func PathLen(chroot, path string) int {
	if isChrootItself(chroot, path) {
		return len(chroot)
	}
	return len(chroot) + len(path)
}

func isChrootItself(chroot, path string) bool {
	return chroot != "" && path == "/"
}

// AppendACLs appends a vector of ACLs.
func AppendACLs(b []byte, acl []zk.ACL) []byte {
	b = AppendInt32(b, int32(len(acl)))
	for i := range acl {
		b = AppendInt32(b, acl[i].Perms)
		b = AppendString(b, acl[i].Scheme)
		b = AppendString(b, acl[i].ID)
	}
	return b
}
