package znode

import (
	"math"
	"time"
)

// The owner of an ephemeral znode is its session. Other values say when the server itself deletes the znode (EphemeralType).
const (
	ContainerOwner = math.MinInt64
	ttlMark        = -1 << 56 // 0xff in the top byte, which no server has as its number
	MaxTTL         = 1<<40 - 1
)

// TTLOwner returns the owner of a znode with a TTL.
func TTLOwner(millis int64) int64 { return ttlMark | millis }

func isTTL(owner int64) bool { return owner&ttlMark == ttlMark }

// TTLOf returns the TTL of a znode with this owner.
func TTLOf(owner int64) time.Duration { return time.Duration(owner&MaxTTL) * time.Millisecond }

// IsSession reports whether a znode with this owner is ephemeral.
func IsSession(owner int64) bool { return owner != 0 && owner != ContainerOwner && !isTTL(owner) }

// neverUsed is how long a container may wait for its first child (znode.container.maxNeverUsedIntervalMs), on servers that have
// such a limit.
const neverUsed = 5 * time.Minute

// IsOver reports whether the server must delete the znode: a container that is empty and has been used, or a znode whose TTL has
// passed (ContainerManager). If unusedEnd is true, this includes a container that was not used for too long.
func (n *Node) IsOver(now time.Time, unusedEnd bool) bool {
	if n.NumKids() > 0 {
		return false
	}
	age := func(since int64) time.Duration { return time.Duration(now.UnixMilli()-since) * time.Millisecond }
	switch {
	case n.Owner != ContainerOwner:
		return age(n.mtime) > TTLOf(n.Owner) // setting its data renews the TTL
	case n.Cversion == 0:
		return unusedEnd && age(n.mtime) > neverUsed
	default:
		return true
	}
}
