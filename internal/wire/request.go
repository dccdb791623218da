package wire

import "github.com/go-zookeeper/zk"

// The functions of this file append the record that follows the request header.

// authPacketType is the only value AuthPacket.type has ever had.
const authPacketType int32 = 0

// AppendPathRecord is the record of get acl and sync.
func AppendPathRecord(b []byte, chroot, path string) []byte {
	return AppendPath(b, chroot, path)
}

// AppendPathWatch is the record of exists, get and children.
func AppendPathWatch(b []byte, chroot, path string, watch bool) []byte {
	return AppendBool(AppendPath(b, chroot, path), watch)
}

// AppendPathVersion is the record of delete and check.
func AppendPathVersion(b []byte, chroot, path string, version int32) []byte {
	return AppendInt32(AppendPath(b, chroot, path), version)
}

// AppendCreate is the record of OpCreate, OpCreate2 and OpCreateContainer.
func AppendCreate(b []byte, chroot, path string, data []byte, acl []zk.ACL, flags int32) []byte {
	b = AppendPath(b, chroot, path)
	b = AppendBuffer(b, data)
	b = AppendACLs(b, acl)
	return AppendInt32(b, flags)
}

// AppendCreateTTL is the record of OpCreateTTL.
func AppendCreateTTL(b []byte, chroot, path string, data []byte, acl []zk.ACL, flags int32, ttlMillis int64) []byte {
	return AppendInt64(AppendCreate(b, chroot, path, data, acl, flags), ttlMillis)
}

// AppendSetData is the record of set.
func AppendSetData(b []byte, chroot, path string, data []byte, version int32) []byte {
	b = AppendPath(b, chroot, path)
	b = AppendBuffer(b, data)
	return AppendInt32(b, version)
}

// AppendSetACL is the record of set acl. The version is that of the ACL,
// Stat.Aversion.
func AppendSetACL(b []byte, chroot, path string, acl []zk.ACL, version int32) []byte {
	b = AppendPath(b, chroot, path)
	b = AppendACLs(b, acl)
	return AppendInt32(b, version)
}

// AppendReconfig appends the record of a reconfig. It sends an empty string as
// jute's null, because the server takes a list of new members that is empty but
// not null for a whole configuration.
func AppendReconfig(b []byte, joining, leaving, members string, from int64) []byte {
	for _, list := range []string{joining, leaving, members} {
		if list == "" {
			b = AppendInt32(b, nullLength)
		} else {
			b = AppendString(b, list)
		}
	}
	return AppendInt64(b, from)
}

// AppendSASL is the record of a step of a SASL conversation. The token may be empty, but is never jute's null, which servers
// do not expect.
func AppendSASL(b, token []byte) []byte {
	return append(AppendInt32(b, int32(len(token))), token...)
}

// AppendAuth is the record of add auth, whose header has XidAuth.
func AppendAuth(b []byte, scheme string, credential []byte) []byte {
	b = AppendInt32(b, authPacketType)
	b = AppendString(b, scheme)
	return AppendBuffer(b, credential)
}
