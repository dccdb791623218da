package answer

import (
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/release"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/znode"
)

// AppendWrite appends the record of the answer to a write that has succeeded, or to a multi of which a part has failed.
func AppendWrite(b []byte, op wire.OpCode, res *znode.Result, rules *release.Behaviour) []byte {
	switch op {
	case wire.OpMulti:
		return appendParts(b, res.Parts, rules)
	case wire.OpCreate:
		return wire.AppendString(b, res.Path)
	case wire.OpCreate2, wire.OpCreateContainer, wire.OpCreateTTL:
		b = wire.AppendString(b, res.Path)
	case wire.OpReconfig:
		b = wire.AppendBuffer(b, res.Data)
	}
	return wire.AppendStat(b, &res.Stat)
}

// appendParts appends the results of a multi.
func appendParts(b []byte, parts []znode.Result, rules *release.Behaviour) []byte {
	for i := range parts {
		part := &parts[i]
		switch part.Op {
		case wire.OpError:
			b = wire.AppendMultiHeader(b, wire.OpError, false, part.Code)
			b = wire.AppendInt32(b, part.Code)
		case wire.OpCreate2, wire.OpCreateContainer, wire.OpCreateTTL:
			if part.Op == wire.OpCreate2 && !rules.Create2InMulti {
				b = wire.AppendMultiHeader(b, wire.OpCreate, false, wire.CodeOK)
				b = wire.AppendString(b, part.Path)
				continue
			}
			b = wire.AppendMultiHeader(b, wire.OpCreate2, false, wire.CodeOK)
			b = wire.AppendString(b, part.Path)
			b = wire.AppendStat(b, &part.Stat)
		case wire.OpCreate:
			b = wire.AppendMultiHeader(b, wire.OpCreate, false, wire.CodeOK)
			b = wire.AppendString(b, part.Path)
		case wire.OpSetData:
			b = wire.AppendMultiHeader(b, wire.OpSetData, false, wire.CodeOK)
			b = wire.AppendStat(b, &part.Stat)
		default:
			b = wire.AppendMultiHeader(b, part.Op, false, wire.CodeOK)
		}
	}
	b = wire.AppendMultiHeader(b, wire.OpError, true, -1)
	return b
}
