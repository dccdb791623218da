package znode

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The znodes that limit a subtree and count it, below /zookeeper/quota and the path of the subtree (Quotas).
const (
	limitName = "zookeeper_limits"
	statsName = "zookeeper_stats"
)

// quotaCreated keeps counts after a creation.
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

// quotaOf returns the znode below /zookeeper/quota of the deepest subtree that path is in and that has a limit.
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

// charge adds to the counts of the subtree that path is in. The znode that holds them gets no new version.
func (t *Tree) charge(path string, bytes, znodes int64) {
	q := t.quotaOf(path)
	if q == nil {
		return
	}
	stats := q.child(statsName)
	if stats == nil {
		return
	}
	track := parseTrack(stats.Data)
	track.set(trackCount, track.get(trackCount)+znodes)
	track.set(trackBytes, track.get(trackBytes)+bytes)
	stats.Data = track.text()
}

// countSubtree counts from scratch, when the znode for it has come.
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

// QuotaAllows reports whether a subtree may grow by so much. Only hard limits say no
// (ZooKeeperServer.checkQuota).
func (t *Tree) QuotaAllows(path string, bytes, znodes int64) bool {
	q := t.quotaOf(path)
	if q == nil || q.child(statsName) == nil {
		return true
	}
	limit, now := parseTrack(q.child(limitName).Data), parseTrack(q.child(statsName).Data)
	within := func(hard, current string, more int64) bool {
		most := limit.get(hard)
		return more == 0 || most < 0 || now.get(current)+more <= most
	}
	return within(trackCountHard, trackCount, znodes) && within(trackBytesHard, trackBytes, bytes)
}

// The keys of a statsTrack.
const (
	trackCount     = "count"
	trackBytes     = "bytes"
	trackCountHard = "countHardLimit"
	trackBytesHard = "byteHardLimit"
)

// statsTrack is the text of those znodes: count=1,bytes=2, or with limits count=1,bytes=2=;byteHardLimit=3.
type statsTrack map[string]int64

func parseTrack(text []byte) statsTrack {
	t := make(statsTrack)
	for _, pair := range strings.FieldsFunc(string(text), func(r rune) bool { return r == ',' || r == ';' }) {
		parts := strings.Split(pair, "=")
		if len(parts) < 2 {
			continue
		}
		if v, err := strconv.ParseInt(parts[1], 10, 64); err == nil {
			t[parts[0]] = v
		}
	}
	return t
}

// get returns -1 for what is not set.
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
