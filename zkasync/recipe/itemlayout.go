package recipe

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// QueueLayout is how a [Queue] stands in ZooKeeper. All who use a queue have to agree on it. The zero value is
// [KazooLockingQueue].
type QueueLayout struct {
	kind  queueKind
	locks string // of Curator: the lock path
}

type queueKind int

const (
	kazooLocking queueKind = iota
	kazooPlain
	curator
)

// KazooLockingQueue is the layout of kazoo's LockingQueue. Priorities are from 0 to 999, the lowest first, and 100 where none is
// given.
func KazooLockingQueue() QueueLayout { return QueueLayout{} }

// KazooQueue is the layout of kazoo's Queue, in which an item is deleted before its consumer has it: one that dies with it, or
// loses the answer, loses the item. Priorities are as in KazooLockingQueue.
func KazooQueue() QueueLayout { return QueueLayout{kind: kazooPlain} }

// CuratorQueue is the layout of Curator's DistributedQueue, and with priorities, which are any 32-bit numbers, the lowest first, that of
// its DistributedPriorityQueue. LockPath is that of their QueueBuilder, where items are locked that have been taken; all consumers need
// the same one. If it is "", an item is deleted before its consumer has it, as in [KazooQueue]. The znodes of DistributedDelayQueue and
// DistributedIdQueue are left alone.
func CuratorQueue(lockPath string) QueueLayout { return QueueLayout{kind: curator, locks: lockPath} }

// folders returns where items are, and where their locks, "" if they have none.
func (l QueueLayout) folders(path string) (items, locks string) {
	switch l.kind {
	case kazooLocking:
		return join(path, "entries"), join(path, "taken")
	case curator:
		return path, l.locks
	default:
		return path, ""
	}
}

// defaultPriority is kazoo's.
const defaultPriority = 100

// unranked returns how the name of an item begins that has no priority of its own.
func (l QueueLayout) unranked() string {
	if l.kind == curator {
		return "queue-"
	}
	return kazooName(defaultPriority)
}

func kazooName(priority int) string { return fmt.Sprintf("entry-%03d-", priority) }

// ranked returns how the name of an item with a priority begins.
func (l QueueLayout) ranked(priority int) (string, error) {
	switch {
	case l.kind != curator && (priority < 0 || priority > 999):
		return "", fmt.Errorf("priority %d is not from 0 to 999", priority)
	case l.kind != curator:
		return kazooName(priority), nil
	case priority < math.MinInt32 || priority > math.MaxInt32:
		return "", fmt.Errorf("priority %d is not a 32-bit number", priority)
	case priority < 0:
		return fmt.Sprintf("queue-0%08X", uint32(priority)), nil
	default:
		return fmt.Sprintf("queue-1%08X", priority), nil
	}
}

// queued is the name of an item.
type queued struct {
	name string
	rank string // what is before the server's number
	seq  int32
}

// order returns the items among the names, in the order in which they are taken. The server's numbers go on at -2147483648 behind 2147483647.
func (l QueueLayout) order(names []string) []string {
	var all []queued
	for _, name := range names {
		if item, ok := l.parse(name); ok {
			all = append(all, item)
		}
	}
	slices.SortFunc(all, func(a, b queued) int {
		if a.rank != b.rank {
			return cmp.Compare(a.rank, b.rank)
		}
		return cmp.Compare(a.seq-b.seq, 0)
	})
	sorted := make([]string, len(all))
	for i, item := range all {
		sorted[i] = item.name
	}
	return sorted
}

// sequenceDigits is how many digits a server's number has, not counting a sign.
const sequenceDigits = 10

func (l QueueLayout) parse(name string) (item queued, ok bool) {
	i := len(name) - sequenceDigits
	if i <= 0 {
		return item, false
	}
	for _, start := range []int{i, i - 1} { // the second for a number with a sign
		if start > 0 && l.isRank(name[:start]) {
			seq, err := strconv.ParseInt(name[start:], 10, 32)
			return queued{name, name[:start], int32(seq)}, err == nil && (start == i || name[start] == '-')
		}
	}
	return item, false
}

// isRank reports whether an item's name may begin so.
func (l QueueLayout) isRank(rank string) bool {
	if l.kind != curator {
		digits := strings.TrimPrefix(rank, "entry-")
		return len(digits) == 4 && isMadeOf(digits[:3], "0123456789") && digits[3] == '-'
	}
	hex, ok := strings.CutPrefix(rank, "queue-")
	return ok && (hex == "" || len(hex) == 9 && isMadeOf(hex[:1], "01") && isMadeOf(hex[1:], "0123456789ABCDEF"))
}

func isMadeOf(s, runes string) bool { return strings.Trim(s, runes) == "" }

// Curator's encoding of what a znode holds.
const (
	curatorVersion = 0x00010001
	curatorItem    = 1
	curatorEnd     = 2
)

// encode returns what a znode holds.
func (l QueueLayout) encode(value []byte) []byte {
	if l.kind != curator {
		return value
	}
	b := binary.BigEndian.AppendUint32(nil, curatorVersion)
	b = append(b, curatorItem)
	b = binary.BigEndian.AppendUint32(b, uint32(len(value)))
	b = append(b, value...)
	return append(b, curatorEnd)
}

// decode returns the values in a znode, of which Curator puts several into one.
func (l QueueLayout) decode(data []byte) (values [][]byte, err error) {
	if l.kind != curator {
		return [][]byte{data}, nil
	}
	if len(data) < 4 || binary.BigEndian.Uint32(data) != curatorVersion {
		return nil, fmt.Errorf("%.20q does not begin as an item of Curator's", data)
	}
	for data = data[4:]; ; {
		switch {
		case len(data) > 0 && data[0] == curatorEnd && len(values) > 0:
			return values, nil
		case len(data) > 0 && data[0] == curatorEnd:
			return nil, errors.New("an item of Curator's without a value")
		case len(data) < 5 || data[0] != curatorItem || uint64(binary.BigEndian.Uint32(data[1:])) > uint64(len(data)-5):
			return nil, errors.New("an item of Curator's that ends too early, or is none")
		}
		end := 5 + int(binary.BigEndian.Uint32(data[1:]))
		values = append(values, data[5:end:end])
		data = data[end:]
	}
}
