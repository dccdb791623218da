package wire

import (
	"encoding/binary"

	"github.com/go-zookeeper/zk"
)

// statLen is the size of an encoded Stat, whose fields all have fixed sizes.
const statLen = 68

// AppendStat appends a Stat.
func AppendStat(b []byte, st *zk.Stat) []byte {
	b = AppendInt64(b, st.Czxid)
	b = AppendInt64(b, st.Mzxid)
	b = AppendInt64(b, st.Ctime)
	b = AppendInt64(b, st.Mtime)
	b = AppendInt32(b, st.Version)
	b = AppendInt32(b, st.Cversion)
	b = AppendInt32(b, st.Aversion)
	b = AppendInt64(b, st.EphemeralOwner)
	b = AppendInt32(b, st.DataLength)
	b = AppendInt32(b, st.NumChildren)
	return AppendInt64(b, st.Pzxid)
}

// DecodeStat reads a Stat into st, which it does not change if there is an error.
// Nearly every reply ends with a Stat, so the code is spelled out: it needs one
// bounds check and no calls.
func DecodeStat(body []byte, st *zk.Stat) (rest []byte, err error) {
	if len(body) < statLen {
		return nil, short("stat", 0, statLen, len(body))
	}
	p := body[:statLen:statLen]
	st.Czxid = int64(binary.BigEndian.Uint64(p[0:8]))
	st.Mzxid = int64(binary.BigEndian.Uint64(p[8:16]))
	st.Ctime = int64(binary.BigEndian.Uint64(p[16:24]))
	st.Mtime = int64(binary.BigEndian.Uint64(p[24:32]))
	st.Version = int32(binary.BigEndian.Uint32(p[32:36]))
	st.Cversion = int32(binary.BigEndian.Uint32(p[36:40]))
	st.Aversion = int32(binary.BigEndian.Uint32(p[40:44]))
	st.EphemeralOwner = int64(binary.BigEndian.Uint64(p[44:52]))
	st.DataLength = int32(binary.BigEndian.Uint32(p[52:56]))
	st.NumChildren = int32(binary.BigEndian.Uint32(p[56:60]))
	st.Pzxid = int64(binary.BigEndian.Uint64(p[60:68]))
	return body[statLen:], nil
}
