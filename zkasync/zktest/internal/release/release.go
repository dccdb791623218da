// Package release describes how releases of ZooKeeper differ.
package release

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/zkasync/zkasync-go/internal/wire"
)

// debian is the version of Debian's package 3.8.0-11, which contains a change that others have since 3.8.4, see FilterEvents.
const debian = "3.8.0"

// Behaviour is what differs between releases. The comment of each field says since when a server behaves so.
type Behaviour struct {
	Version string

	whoAmI         bool // 3.7.0: the request is known
	Create2InMulti bool // 3.7.2, 3.8.2, 3.9.0: a multi knows create2, whose result has a Stat, and fails at unknown flags (ZOOKEEPER-4026)
	FilterEvents   bool // 3.8.4, 3.9.2: a client gets no events of znodes that it may not read (ZOOKEEPER-4799); Debian's 3.8.0 has this too
	ExistsReads    bool // 3.8.4, 3.9.2: exists needs the permission to read (ZOOKEEPER-2590)
	checkUnknown   bool // 3.8.5, 3.9.3: check is known only inside a multi (ZOOKEEPER-2623)
	IPv6           bool // 3.9.4: ACLs may contain addresses of IPv6 (ZOOKEEPER-4240)
	EventZxid      bool // 3.9.0: the header of an event has the zxid of the change instead of -1 (ZOOKEEPER-4655)
	ModesApart     bool // 3.9.0: a path keeps watches of several modes (ZOOKEEPER-4466, 4471, 4472)
	skipVersion    bool // 3.10.0: no version becomes -1 (ZOOKEEPER-4743)
	ContainerGoes  bool // 3.9.0: deleteContainer is decoded correctly, so that clients can send it (ZOOKEEPER-4575)
	FailuresKept   bool // 3.9.0: a multi at which the server fails becomes a transaction, and malformed writes take no zxid (ZOOKEEPER-4575)
	UnusedEnd      bool // 3.10.0: containers that never had a child are deleted after five minutes (ZOOKEEPER-4915)
	KeeperReads    bool // ClickHouse Keeper: a multi-read may contain all kinds of reads, and only a part's header says that it failed
}

type release [3]int

func (r release) atLeast(major, minor, patch int) bool {
	for i, want := range [3]int{major, minor, patch} {
		if r[i] != want {
			return r[i] > want
		}
	}
	return true
}

// onBranches reports whether r has what came in 3.8.a and in 3.9.b.
func (r release) onBranches(a, b int) bool {
	return r.atLeast(3, 9, b) || r.atLeast(3, 8, a) && !r.atLeast(3, 9, 0)
}

// Parse returns the behaviour of a release, such as "3.8.0".
func Parse(version string) (Behaviour, error) {
	parts := strings.Split(version, ".")
	var r release
	ok := len(parts) == len(r)
	for i := 0; ok && i < len(r); i++ {
		n, err := strconv.Atoi(parts[i])
		ok, r[i] = err == nil && n >= 0, n
	}
	if !ok || !r.atLeast(3, 6, 0) || r.atLeast(3, 11, 0) {
		return Behaviour{}, fmt.Errorf("version %q is not from 3.6.0 to 3.10.x", version)
	}
	return Behaviour{
		Version:        version,
		whoAmI:         r.atLeast(3, 7, 0),
		Create2InMulti: r.onBranches(2, 0) || r.atLeast(3, 7, 2) && !r.atLeast(3, 8, 0),
		FilterEvents:   r.onBranches(4, 2) || version == debian,
		ExistsReads:    r.onBranches(4, 2),
		checkUnknown:   r.onBranches(5, 3),
		IPv6:           r.atLeast(3, 9, 4),
		EventZxid:      r.atLeast(3, 9, 0),
		ModesApart:     r.atLeast(3, 9, 0),
		skipVersion:    r.atLeast(3, 10, 0),
		ContainerGoes:  r.atLeast(3, 9, 0),
		FailuresKept:   r.atLeast(3, 9, 0),
		UnusedEnd:      r.atLeast(3, 10, 0),
	}, nil
}

// Known reports whether the server knows an operation at all (Request.isValid).
func (b *Behaviour) Known(op wire.OpCode) bool {
	switch op {
	case wire.OpCheck:
		return !b.checkUnknown
	case wire.OpWhoAmI:
		return b.whoAmI
	case wire.OpCreate, wire.OpCreate2, wire.OpCreateContainer, wire.OpCreateTTL, wire.OpDelete, wire.OpDeleteContainer,
		wire.OpSetData, wire.OpSetACL, wire.OpMulti, wire.OpReconfig, wire.OpClose, wire.OpSync, wire.OpPing,
		wire.OpExists, wire.OpGetData, wire.OpGetACL, wire.OpGetChildren, wire.OpGetChildren2, wire.OpMultiRead,
		wire.OpGetEphemerals, wire.OpGetAllChildrenNumber,
		wire.OpAddWatch, wire.OpRemoveWatches, wire.OpCheckWatches, wire.OpSetWatches, wire.OpSetWatches2:
		return true
	default:
		return false
	}
}

// DecodesFirst reports whether the server decodes a write before it takes a zxid for it, so that a malformed one takes none.
func (b *Behaviour) DecodesFirst(op wire.OpCode) bool {
	return op == wire.OpReconfig || b.FailuresKept && op != wire.OpMulti
}

// Malformed returns the answer to a write whose record is malformed.
func (b *Behaviour) Malformed(op wire.OpCode) int32 {
	if op == wire.OpDeleteContainer && !b.ContainerGoes {
		return wire.CodeBadArguments // it is not decoded
	}
	return wire.CodeMarshalling
}

// NextVersion returns the version after v. Before ZOOKEEPER-4743 it could become -1, for which no client can ask.
func (b *Behaviour) NextVersion(v int32) int32 {
	if b.skipVersion && v == -2 {
		return 0
	}
	if v == math.MaxInt32 {
		return math.MinInt32
	}
	return v + 1
}
