package zktest

import (
	"math"
	"time"
)

// The owner of a znode is a session, or says what else deletes the znode (EphemeralType).
const (
	containerOwner = math.MinInt64
	ttlMark        = -1 << 56 // 0xff in the top byte, which is no server's number
	maxTTL         = 1<<40 - 1
)

func ttlOwner(millis int64) int64 { return ttlMark | millis }

func isTTL(owner int64) bool { return owner&ttlMark == ttlMark }

func ttlOf(owner int64) time.Duration { return time.Duration(owner&maxTTL) * time.Millisecond }

// isSession reports whether a znode of this owner is ephemeral.
func isSession(owner int64) bool { return owner != 0 && owner != containerOwner && !isTTL(owner) }
