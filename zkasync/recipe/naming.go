package recipe

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// Naming is how the znodes of contenders are named: a random prefix, one of these names, and the server's number.
type Naming struct {
	Lock  string // of a [Mutex]
	Write string // of the exclusive side of an [RWMutex]
	Read  string // of its shared side
	Latch string // of an [Election]
	// Hex says that the prefix is 32 hexadecimal digits, as kazoo's, instead of Curator's "_c_", a UUID and "-".
	Hex bool
}

var (
	// Curator is the naming of Curator's InterProcessMutex, InterProcessReadWriteLock and LeaderLatch, and, for mutexes, of
	// go-zookeeper's Lock and the Rust client's. It is the default.
	Curator = Naming{Lock: "lock-", Write: "__WRIT__", Read: "__READ__", Latch: "latch-"}
	// CuratorSelector is Curator with the name that its LeaderSelector uses for an election.
	CuratorSelector = Naming{Lock: "lock-", Write: "__WRIT__", Read: "__READ__", Latch: "lock-"}
	// Kazoo is the naming of kazoo's Lock, WriteLock, ReadLock and Election.
	Kazoo = Naming{Lock: "__lock__", Write: "__lock__", Read: "__rlock__", Latch: "__lock__", Hex: true}
)

// names are all known names: every reader respects all of them.
var (
	exclusive = []string{"lock-", "__lock__", "__WRIT__"}
	shared    = []string{"__READ__", "__rlock__"}
	latches   = []string{"latch-"}
)

// role is what a contender is, and whom it waits for.
type role struct {
	name     string
	hex      bool
	excludes []string // names of contenders to wait for
	except   string   // a znode not to wait for
}

func (n Naming) mutex() role {
	return role{name: n.Lock, hex: n.Hex, excludes: concat(exclusive, shared, []string{n.Lock, n.Write, n.Read})}
}
func (n Naming) write() role { return role{name: n.Write, hex: n.Hex, excludes: n.mutex().excludes} }
func (n Naming) read() role {
	return role{name: n.Read, hex: n.Hex, excludes: concat(exclusive, []string{n.Lock, n.Write})}
}
func (n Naming) latch() role {
	return role{name: n.Latch, hex: n.Hex, excludes: concat(exclusive, latches, []string{n.Latch})}
}

func concat(lists ...[]string) (all []string) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

func (n Naming) check() error {
	for _, name := range []string{n.Lock, n.Write, n.Read, n.Latch} {
		if name == "" || strings.Contains(name, "/") || name[len(name)-1] >= '0' && name[len(name)-1] <= '9' {
			return fmt.Errorf("name %q of a naming is empty, has a slash or ends in a digit", name)
		}
	}
	return nil
}

// prefix returns a new prefix, by which a contender's znode is found again after a connection loss.
func (r role) prefix() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	if r.hex {
		return hex.EncodeToString(id[:])
	}
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	b := append(make([]byte, 0, 40), "_c_"...)
	for _, part := range [...][]byte{id[:4], id[4:6], id[6:8], id[8:10], id[10:]} {
		b = append(hex.AppendEncode(b, part), '-')
	}
	return string(b)
}

// contender is a znode in a queue.
type contender struct {
	name string // of the znode
	as   string // which of the known names it uses
	seq  int32
}

// parse reports whether a znode is a contender with one of the names. The server appends %010d.
func parse(znode string, names []string) (c contender, ok bool) {
	for _, width := range [...]int{sequenceDigits, sequenceDigits + 1} {
		i := len(znode) - width
		if i < 0 {
			break
		}
		for _, name := range names {
			if !strings.HasSuffix(znode[:i], name) {
				continue
			}
			if seq, err := strconv.ParseInt(znode[i:], 10, 32); err == nil && (width == sequenceDigits || seq < 0) {
				return contender{znode, name, int32(seq)}, true
			}
		}
	}
	return contender{}, false
}

// before reports whether c is in front of d. The server's numbers continue at -2147483648 after 2147483647. A reader with the
// number of a writer is the one that this writer was downgraded to.
func (c contender) before(d contender) bool {
	if c.seq == d.seq {
		return c.as+c.name < d.as+d.name
	}
	return c.seq-d.seq < 0
}

// ahead returns the nearest contender in front of own that the role waits for, or ""; found is false if own does not exist.
func (r role) ahead(children []string, own string) (nearest string, found bool) {
	me, ok := parse(own, []string{r.name})
	if !ok {
		return "", false
	}
	var best contender
	for _, name := range children {
		found = found || name == own
		if name == own || name == r.except {
			continue
		}
		c, ok := parse(name, r.excludes)
		if ok && c.before(me) && (nearest == "" || best.before(c)) {
			best, nearest = c, name
		}
	}
	return nearest, found
}
