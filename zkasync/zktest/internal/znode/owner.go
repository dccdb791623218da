package znode

import (
	"math"
	"time"
)

// The owner of a znode is a session, or says what else deletes the znode (EphemeralType).
const (
	ContainerOwner = math.MinInt64
	ttlMark        = -1 << 56 // 0xff in the top byte, which is no server's number
	MaxTTL         = 1<<40 - 1
)

func TTLOwner(millis int64) int64 { return ttlMark | millis }

func isTTL(owner int64) bool { return owner&ttlMark == ttlMark }

func TTLOf(owner int64) time.Duration { return time.Duration(owner&MaxTTL) * time.Millisecond }

// IsSession reports whether a znode of this owner is ephemeral.
func IsSession(owner int64) bool { return owner != 0 && owner != ContainerOwner && !isTTL(owner) }

// neverUsed is how long a container may wait for its first child (znode.container.maxNeverUsedIntervalMs), where there is
// such a limit.
const neverUsed = 5 * time.Minute

// IsOver reports whether a znode is to go by itself: a container that is empty and has been used, or a znode whose time is
// up (ContainerManager). With unusedEnd a container that has never been used goes as well.
func (n *Node) IsOver(now time.Time, unusedEnd bool) bool {
	if n.NumKids() > 0 {
		return false
	}
	age := func(since int64) time.Duration { return time.Duration(now.UnixMilli()-since) * time.Millisecond }
	switch {
	case n.Owner != ContainerOwner:
		return age(n.mtime) > TTLOf(n.Owner) // setting its data renews it
	case n.Cversion == 0:
		return unusedEnd && age(n.mtime) > neverUsed
	default:
		return true
	}
}
