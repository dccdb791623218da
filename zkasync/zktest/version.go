package zktest

import (
	"fmt"
	"strconv"
	"strings"
)

// DefaultVersion is the release of Apache ZooKeeper that a server behaves as: that of Debian's package 3.8.0-11. The tests
// compare it, and other releases where they are installed, with the real ones.
const DefaultVersion = "3.8.0"

// behaviour is what differs between releases. Each field says since when.
type behaviour struct {
	version string

	whoAmI         bool // 3.7.0: the request is known
	create2InMulti bool // 3.7.2, 3.8.2, 3.9.0: a multi knows create2, answered with a Stat, and unknown flags fail it (ZOOKEEPER-4026)
	filterEvents   bool // 3.8.4, 3.9.2: no events of what one may not read (ZOOKEEPER-4799); Debian has it in its 3.8.0
	existsReads    bool // 3.8.4, 3.9.2: exists needs the permission to read (ZOOKEEPER-2590)
	checkUnknown   bool // 3.8.5, 3.9.3: check is known inside a multi only (ZOOKEEPER-2623)
	eventZxid      bool // 3.9.0: the header of an event has the change's zxid instead of -1 (ZOOKEEPER-4655)
	modesApart     bool // 3.9.0: watches of one path in several modes are kept apart (ZOOKEEPER-4466, 4471, 4472)
	skipVersion    bool // 3.10.0: no version becomes -1 (ZOOKEEPER-4743)
	containerGoes  bool // 3.9.0: deleteContainer is read as it is written, so that clients can send it (ZOOKEEPER-4575)
	unusedEnd      bool // 3.10.0: containers that never had a child go after five minutes (ZOOKEEPER-4915)
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

func newBehaviour(version string) (behaviour, error) {
	parts := strings.Split(version, ".")
	var r release
	ok := len(parts) == len(r)
	for i := 0; ok && i < len(r); i++ {
		n, err := strconv.Atoi(parts[i])
		ok, r[i] = err == nil && n >= 0, n
	}
	if !ok || !r.atLeast(3, 6, 0) || r.atLeast(3, 11, 0) {
		return behaviour{}, fmt.Errorf("version %q is not from 3.6.0 to 3.10.x", version)
	}
	return behaviour{
		version:        version,
		whoAmI:         r.atLeast(3, 7, 0),
		create2InMulti: r.onBranches(2, 0) || r.atLeast(3, 7, 2) && !r.atLeast(3, 8, 0),
		filterEvents:   r.onBranches(4, 2) || version == DefaultVersion,
		existsReads:    r.onBranches(4, 2),
		checkUnknown:   r.onBranches(5, 3),
		eventZxid:      r.atLeast(3, 9, 0),
		modesApart:     r.atLeast(3, 9, 0),
		skipVersion:    r.atLeast(3, 10, 0),
		containerGoes:  r.atLeast(3, 9, 0),
		unusedEnd:      r.atLeast(3, 10, 0),
	}, nil
}
