package zktest

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
func (s *Server) quotaCreated(path, parentPath, name string, size int64) {
	if subtree, ok := strings.CutPrefix(parentPath, quotaPath); ok {
		switch name {
		case limitName:
			s.tree.quotas++
		case statsName:
			s.countSubtree(subtree)
		}
	}
	s.count(path, size, 1)
}

func (s *Server) quotaDeleted(path, parentPath, name string, size int64) {
	if strings.HasPrefix(parentPath, quotaPath) && name == limitName {
		s.tree.quotas--
	}
	s.count(path, -size, -1)
}

func (s *Server) quotaGrown(path string, size int64) { s.count(path, size, 0) }

// quotaOf returns the znode below /zookeeper/quota of the deepest subtree that path is in and that has a limit.
func (t *tree) quotaOf(path string) *node {
	if t.quotas == 0 || path == rootPath {
		return nil
	}
	var deepest *node
	q := t.find(quotaPath)
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

// count adds to the counts of the subtree that path is in. The znode that holds them gets no new version.
func (s *Server) count(path string, bytes, znodes int64) {
	q := s.tree.quotaOf(path)
	if q == nil {
		return
	}
	stats := q.child(statsName)
	if stats == nil {
		return
	}
	track := parseTrack(stats.data)
	track.set(trackCount, track.get(trackCount)+znodes)
	track.set(trackBytes, track.get(trackBytes)+bytes)
	stats.data = track.text()
}

// countSubtree counts from scratch, when the znode for it has come.
func (s *Server) countSubtree(subtree string) {
	stats := s.tree.find(quotaPath + subtree + "/" + statsName)
	var bytes, znodes int64
	if n := s.tree.find(subtree); n != nil {
		bytes, znodes = weigh(n)
	}
	var track statsTrack
	track.set(trackCount, znodes)
	track.set(trackBytes, bytes)
	stats.data = track.text()
}

func weigh(n *node) (bytes, znodes int64) {
	bytes, znodes = int64(len(n.data)), 1
	if n.kids != nil {
		for _, c := range n.kids.list {
			b, z := weigh(c)
			bytes, znodes = bytes+b, znodes+z
		}
	}
	return bytes, znodes
}

// quotaAllows reports whether a subtree may grow by so much. Only hard limits say no, and only to a server told to
// enforce them (ZooKeeperServer.checkQuota).
func (s *Server) quotaAllows(path string, bytes, znodes int64) bool {
	if !s.w.cfg.enforceQuota {
		return true
	}
	q := s.tree.quotaOf(path)
	if q == nil || q.child(statsName) == nil {
		return true
	}
	limit, now := parseTrack(q.child(limitName).data), parseTrack(q.child(statsName).data)
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
