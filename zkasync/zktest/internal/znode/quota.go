package znode

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/zkasync/zkasync-go/internal/wire"
)

// The znodes with the limits and the counts of a subtree. They are below /zookeeper/quota, followed by the subtree's path (Quotas).
const (
	limitName = "zookeeper_limits"
	statsName = "zookeeper_stats"
)

// quotaCreated updates the counts after a creation.
func (t *Tree) quotaCreated(path, parentPath, name string, size int64) {
	if subtree, ok := strings.CutPrefix(parentPath, quotaPath); ok {
		switch name {
		case limitName:
			t.quotas++
		case statsName:
			t.countSubtree(subtree)
		}
	}
	t.charge(path, size, 1)
}

func (t *Tree) quotaDeleted(path, parentPath, name string, size int64) {
	if strings.HasPrefix(parentPath, quotaPath) && name == limitName {
		t.quotas--
	}
	t.charge(path, -size, -1)
}

func (t *Tree) quotaGrown(path string, size int64) { t.charge(path, size, 0) }

// quotaOf returns the znode below /zookeeper/quota that belongs to the deepest subtree with a limit around path, or nil.
func (t *Tree) quotaOf(path string) *Node {
	if t.quotas == 0 || path == RootPath {
		return nil
	}
	var deepest *Node
	q := t.Find(quotaPath)
	for name := range strings.SplitSeq(path[1:], "/") {
		if q = q.child(name); q == nil {
			break
		}
		if q.child(limitName) != nil {
			deepest = q
		}
	}
	return deepest
}

// charge adds to the counts of the subtree that path is in. The version of the znode that holds them does not change.
func (t *Tree) charge(path string, bytes, znodes int64) {
	q := t.quotaOf(path)
	if q == nil {
		return
	}
	stats := q.child(statsName)
	if stats == nil {
		return
	}
	track, _ := parseTrack(stats.Data)
	track.set(trackCount, track.get(trackCount)+znodes)
	track.set(trackBytes, track.get(trackBytes)+bytes)
	stats.Data = track.text()
}

// countSubtree counts a subtree from scratch, when the znode for its counts was created.
func (t *Tree) countSubtree(subtree string) {
	stats := t.Find(quotaPath + subtree + "/" + statsName)
	var bytes, znodes int64
	if n := t.Find(subtree); n != nil {
		bytes, znodes = Weigh(n)
	}
	var track statsTrack
	track.set(trackCount, znodes)
	track.set(trackBytes, bytes)
	stats.Data = track.text()
}

// Weigh returns the size of the data in n and below, and the number of znodes.
func Weigh(n *Node) (bytes, znodes int64) {
	bytes, znodes = int64(len(n.Data)), 1
	if n.kids != nil {
		for _, c := range n.kids.list {
			b, z := Weigh(c)
			bytes, znodes = bytes+b, znodes+z
		}
	}
	return bytes, znodes
}

// CheckQuota returns why the subtree around path may not grow by this much, or CodeOK. Only hard limits prevent that. Limits that are
// malformed make the server fail (ZooKeeperServer.checkQuota).
func (t *Tree) CheckQuota(path string, bytes, znodes int64) (code int32) {
	q := t.quotaOf(path)
	if q == nil {
		return wire.CodeOK
	}
	limit, ok := parseTrack(q.child(limitName).Data)
	stats := q.child(statsName)
	switch {
	case !ok:
		return wire.CodeMarshalling
	case stats == nil || !limit.limits(znodes, trackCount, trackCountHard) && !limit.limits(bytes, trackBytes, trackBytesHard):
		return wire.CodeOK
	}
	now, ok := parseTrack(stats.Data)
	within := func(hard, current string, more int64) bool {
		most := limit.get(hard)
		return more == 0 || most < 0 || now.get(current)+more <= most
	}
	switch {
	case !ok:
		return wire.CodeMarshalling
	case within(trackCountHard, trackCount, znodes) && within(trackBytesHard, trackBytes, bytes):
		return wire.CodeOK
	default:
		return wire.CodeQuotaExceeded
	}
}

// The keys of a statsTrack.
const (
	trackCount     = "count"
	trackBytes     = "bytes"
	trackCountHard = "countHardLimit"
	trackBytesHard = "byteHardLimit"
)

// statsTrack is the content of these znodes: count=1,bytes=2, or with limits count=1,bytes=2=;byteHardLimit=3.
type statsTrack map[string]int64

// parseTrack returns what it understands, and false if the text is malformed.
func parseTrack(text []byte) (t statsTrack, ok bool) {
	const separators = ",;"
	t, ok = make(statsTrack), len(text) == 0 || strings.IndexByte(separators, text[0]) < 0
	for _, pair := range strings.FieldsFunc(string(text), func(r rune) bool { return strings.ContainsRune(separators, r) }) {
		key, rest, _ := strings.Cut(pair, "=")
		number, _, _ := strings.Cut(rest, "=")
		if number == "" && strings.Trim(rest, "=") != "" {
			number = "-1"
		}
		v, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			ok = false
			continue
		}
		t[key] = v
	}
	return t, ok
}

// limits reports whether there is a limit, hard or soft, to a growth by more.
func (t statsTrack) limits(more int64, soft, hard string) bool {
	return more != 0 && (t.get(soft) >= 0 || t.get(hard) >= 0)
}

// get returns -1 for a key that is not set.
func (t statsTrack) get(key string) int64 {
	if v, ok := t[key]; ok {
		return v
	}
	return -1
}

func (t *statsTrack) set(key string, v int64) {
	if *t == nil {
		*t = make(statsTrack)
	}
	(*t)[key] = v
}

func (t statsTrack) text() []byte {
	text := fmt.Sprintf("%s=%d,%s=%d", trackCount, t.get(trackCount), trackBytes, t.get(trackBytes))
	var rest []string
	for key, v := range t {
		if key != trackCount && key != trackBytes {
			rest = append(rest, fmt.Sprintf(";%s=%d", key, v))
		}
	}
	if len(rest) > 0 {
		slices.Sort(rest)
		text += "=" + strings.Join(rest, "")
	}
	return []byte(text)
}
