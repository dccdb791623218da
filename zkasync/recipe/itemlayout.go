package recipe

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// QueueLayout is how a [Queue] is stored in ZooKeeper. All users of a queue have to agree on it. The zero value is
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
	curatorDelay
	curatorID
	curatorSimple
)

// isKazoo reports whether items are named as in kazoo.
func (k queueKind) isKazoo() bool { return k == kazooLocking || k == kazooPlain }

// isEncoded reports whether a znode holds values in Curator's encoding.
func (k queueKind) isEncoded() bool { return k == curator || k == curatorDelay || k == curatorID }

// KazooLockingQueue is the layout of kazoo's LockingQueue. Priorities are from 0 to 999, the lowest first; the default
// is 100.
func KazooLockingQueue() QueueLayout { return QueueLayout{} }

// KazooQueue is the layout of kazoo's Queue, in which an item is deleted before its consumer receives it: if the consumer
// dies, or the reply is lost, so is the item. Priorities are as in KazooLockingQueue.
func KazooQueue() QueueLayout { return QueueLayout{kind: kazooPlain} }

// CuratorQueue is the layout of Curator's DistributedQueue, and with priorities, which are any 32-bit numbers, the
// lowest first, that of its DistributedPriorityQueue. LockPath is that of Curator's QueueBuilder, where items that have
// been taken are locked; all consumers need the same one. If it is "", an item is deleted before its consumer has it, as
// in [KazooQueue]. Znodes of DistributedDelayQueue and DistributedIdQueue are left alone.
func CuratorQueue(lockPath string) QueueLayout { return QueueLayout{kind: curator, locks: lockPath} }

// CuratorDelayQueue is the layout of Curator's DistributedDelayQueue, whose items are taken when they are due and not
// before, in the order of their times: see [Queue.PutAt]. LockPath is as in [CuratorQueue]. Producers and consumers use
// the clock of their own host, so keep clocks synchronised (NTP).
func CuratorDelayQueue(lockPath string) QueueLayout {
	return QueueLayout{kind: curatorDelay, locks: lockPath}
}

// CuratorIDQueue is the layout of Curator's DistributedIdQueue, whose items have ids by which they can be removed: see
// [Queue.PutID] and [Queue.Remove]. LockPath is as in [CuratorQueue].
func CuratorIDQueue(lockPath string) QueueLayout {
	return QueueLayout{kind: curatorID, locks: lockPath}
}

// CuratorSimpleQueue is the layout of Curator's SimpleDistributedQueue, which is that of the queue in ZooKeeper's own recipes.
// It has no locks: an item is deleted before its consumer has it, as in [KazooQueue].
func CuratorSimpleQueue() QueueLayout { return QueueLayout{kind: curatorSimple} }

// folders returns where items are, and where their locks, "" if they have none.
func (l QueueLayout) folders(path string) (items, locks string) {
	switch l.kind {
	case kazooLocking:
		return core.Join(path, "entries"), core.Join(path, "taken")
	case curator, curatorDelay, curatorID:
		return path, l.locks
	default:
		return path, ""
	}
}

// defaultPriority is kazoo's.
const defaultPriority = 100

// plain returns the beginning of the name of an item without id, time or priority.
func (l QueueLayout) plain() (string, error) {
	switch l.kind {
	case curator:
		return "queue-", nil
	case curatorDelay:
		return l.due(time.Now())
	case curatorID:
		return "", errors.New("an item of this layout needs an id")
	case curatorSimple:
		return "qn-", nil
	default:
		return kazooName(defaultPriority), nil
	}
}

// due returns the beginning of the name of an item that must not be taken before the given time.
func (l QueueLayout) due(at time.Time) (string, error) {
	switch {
	case l.kind != curatorDelay:
		return "", errors.New("items of this layout have no times")
	case at.UnixMilli() < 0:
		return "", fmt.Errorf("time %v is before 1970", at)
	}
	return fmt.Sprintf("queue-|%08X|", at.UnixMilli()), nil
}

// named returns the beginning of the name of an item with an id.
func (l QueueLayout) named(id string) (string, error) {
	switch {
	case l.kind != curatorID:
		return "", errors.New("items of this layout have no ids")
	case id == "":
		return "", errors.New("the id is empty")
	}
	return "queue-|" + cleanID(id) + "|", nil
}

// cleanID returns an id as it appears in names, as in Curator.
func cleanID(id string) string { return strings.NewReplacer("/", "_", "|", "_").Replace(id) }

func kazooName(priority int) string { return fmt.Sprintf("entry-%03d-", priority) }

// ranked returns the beginning of the name of an item with a priority.
func (l QueueLayout) ranked(priority int) (string, error) {
	switch {
	case l.kind != curator && !l.kind.isKazoo():
		return "", errors.New("items of this layout have no priorities")
	case l.kind.isKazoo() && (priority < 0 || priority > 999):
		return "", fmt.Errorf("priority %d is not from 0 to 999", priority)
	case l.kind.isKazoo():
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
	rank string // what it is ordered by, before the server's number
	due  int64  // what it is ordered by before that: the milliseconds since 1970 at which it may be taken
	id   string
	seq  int32
}

// order returns the items among the names, in the order in which they are taken. The server's numbers continue at -2147483648
// after 2147483647.
func (l QueueLayout) order(names []string) []queued {
	var all []queued
	for _, name := range names {
		if item, ok := l.parse(name); ok {
			all = append(all, item)
		}
	}
	slices.SortFunc(all, func(a, b queued) int {
		return cmp.Or(cmp.Compare(a.due, b.due), cmp.Compare(a.rank, b.rank), cmp.Compare(a.seq-b.seq, 0))
	})
	return all
}

// sequenceDigits is how many digits a server's number has, not counting a sign.
const sequenceDigits = 10

func (l QueueLayout) parse(name string) (item queued, ok bool) {
	i := len(name) - sequenceDigits
	if i <= 0 {
		return item, false
	}
	for _, start := range [...]int{i, i - 1} { // the second for a number with a sign
		if start <= 0 {
			break
		}
		if item, ok = l.parseRank(name[:start]); ok {
			seq, err := strconv.ParseInt(name[start:], 10, 32)
			item.name, item.seq = name, int32(seq)
			return item, err == nil && (start == i || name[start] == '-')
		}
	}
	return item, false
}

// parseRank parses the part before the server's number, if an item's name may start like that.
func (l QueueLayout) parseRank(rank string) (item queued, ok bool) {
	item.rank = rank
	switch l.kind {
	case curatorSimple:
		return item, rank == "qn-"
	case curator:
		hex, ok := strings.CutPrefix(rank, "queue-")
		return item, ok && (hex == "" || len(hex) == 9 && isMadeOf(hex[:1], "01") && isMadeOf(hex[1:], "0123456789ABCDEF"))
	case curatorDelay, curatorID:
		text, framed := cutFrame(rank)
		if item.rank = ""; l.kind == curatorID {
			item.id = text
			return item, framed && text != ""
		}
		due, err := strconv.ParseInt(text, 16, 64)
		item.due = due
		return item, framed && err == nil && due >= 0
	default:
		digits := strings.TrimPrefix(rank, "entry-")
		return item, len(digits) == 4 && isMadeOf(digits[:3], "0123456789") && digits[3] == '-'
	}
}

// cutFrame returns the text between the bars of "queue-|…|".
func cutFrame(rank string) (text string, ok bool) {
	text, begins := strings.CutPrefix(rank, "queue-|")
	text, ends := strings.CutSuffix(text, "|")
	return text, begins && ends && !strings.Contains(text, "|")
}

func isMadeOf(s, runes string) bool { return strings.Trim(s, runes) == "" }
