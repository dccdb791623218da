package zktest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// wordAnswer writes the answer to a four-letter word.
type wordAnswer func(s *Server, b *strings.Builder)

var fourLetterWords map[string]wordAnswer

func init() { // not an initializer: WithFourLetterWords and the answers refer to each other
	fourLetterWords = map[string]wordAnswer{
		"ruok": func(_ *Server, b *strings.Builder) { b.WriteString("imok") },
		"isro": (*Server).answerIsro,
		"srvr": func(s *Server, b *strings.Builder) { s.answerSrvr(b, false) },
		"stat": func(s *Server, b *strings.Builder) { s.answerSrvr(b, true) },
		"mntr": (*Server).answerMntr,
		"conf": (*Server).answerConf,
		"cons": (*Server).answerCons,
		"dump": (*Server).answerDump,
		"envi": (*Server).answerEnvi,
		"wchs": (*Server).answerWchs,
		"wchc": func(s *Server, b *strings.Builder) { s.answerWatches(b, false) },
		"wchp": func(s *Server, b *strings.Builder) { s.answerWatches(b, true) },
		"srst": func(s *Server, b *strings.Builder) {
			s.received, s.sent = 0, 0
			b.WriteString("Server stats reset.\n")
		},
		"crst": func(s *Server, b *strings.Builder) {
			for c := range s.conns {
				c.received, c.sent = 0, 0
			}
			b.WriteString("Connection stats reset.\n")
		},
	}
}

func wordNames() []string { return slices.Sorted(maps.Keys(fourLetterWords)) }

// fourLetter answers a four-letter word, which stands where the length of the first frame would, and reports whether it
// was one. The connection ends with the answer.
func (c *conn) fourLetter(word string) bool {
	answer, s := fourLetterWords[word], c.srv
	if answer == nil {
		return false
	}
	var b strings.Builder
	if words := s.w.cfg.words; words != nil && !words[word] {
		fmt.Fprintf(&b, "%s is not executed because it is not in the whitelist.\n", word)
	} else if s.mode() == "" && word != "ruok" {
		b.WriteString("This ZooKeeper instance is not currently serving requests\n")
	} else {
		answer(s, &b)
	}
	c.pending = append(c.pending, b.String()...)
	c.hangUp()
	return true
}

// versionText says what the server is, beside the release that it behaves as.
func (s *Server) versionText() string {
	return s.w.cfg.behaviour.version + "-zktest, built on 01/01/1970 00:00 GMT"
}

// znodes counts as DataTree does, whose root has two names.
func (s *Server) znodes() int { return s.tree.count + 2 }

func (s *Server) connsInOrder() []*conn {
	return slices.SortedFunc(maps.Keys(s.conns), func(a, b *conn) int { return a.number - b.number })
}

func (s *Server) answerIsro(b *strings.Builder) {
	if s.readOnly {
		b.WriteString("ro")
	} else {
		b.WriteString("rw")
	}
}

func (s *Server) answerSrvr(b *strings.Builder, clients bool) {
	fmt.Fprintf(b, "Zookeeper version: %s\n", s.versionText())
	if s.readOnly {
		b.WriteString("READ-ONLY mode; serving only read-only clients\n")
	}
	if clients {
		b.WriteString("Clients:\n")
		for _, c := range s.connsInOrder() {
			fmt.Fprintf(b, " /%s[1](queued=%d,recved=%d,sent=%d)\n", c.sock.RemoteAddr(), len(c.queue), c.received, c.sent)
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(b, "Latency min/avg/max: 0/0.0/0\nReceived: %d\nSent: %d\nConnections: %d\nOutstanding: %d\nZxid: 0x%x\nMode: %s\nNode count: %d\n",
		s.received, s.sent, len(s.conns), s.outstanding(), s.tree.last, s.mode(), s.znodes())
}

func (s *Server) outstanding() int {
	n := len(s.waiting)
	for c := range s.conns {
		n += len(c.queue)
	}
	return n
}

func (s *Server) answerMntr(b *strings.Builder) {
	ephemerals, bytes := 0, int64(0)
	for _, owned := range s.tree.ephemerals {
		ephemerals += owned.len()
	}
	bytes, _ = weigh(s.tree.root)
	for _, line := range []struct {
		name  string
		value any
	}{
		{"version", s.versionText()},
		{"server_state", s.mode()},
		{"num_alive_connections", len(s.conns)},
		{"outstanding_requests", s.outstanding()},
		{"packets_received", s.received},
		{"packets_sent", s.sent},
		{"znode_count", s.znodes()},
		{"watch_count", s.data.size() + s.children.size()},
		{"ephemerals_count", ephemerals},
		{"approximate_data_size", bytes},
		{"global_sessions", len(s.tree.sessions)},
	} {
		fmt.Fprintf(b, "zk_%s\t%v\n", line.name, line.value)
	}
}

func (t *watchTable) size() int {
	n := 0
	for _, here := range t.paths {
		n += len(here)
	}
	return n
}

func (s *Server) answerConf(b *strings.Builder) {
	_, port, _ := strings.Cut(s.addr, ":")
	if s.bound != "" {
		port = s.bound[strings.LastIndexByte(s.bound, ':')+1:]
	}
	cfg := s.w.cfg
	fmt.Fprintf(b, "clientPort=%s\nsecureClientPort=-1\ndataDir=\ndataDirSize=0\ndataLogDir=\ndataLogSize=0\ntickTime=%d\nmaxClientCnxns=%d\nminSessionTimeout=%d\nmaxSessionTimeout=%d\nclientPortListenBacklog=-1\nserverId=%d\n",
		port, cfg.tick.Milliseconds(), cfg.maxConns, cfg.minTimeout.Milliseconds(), cfg.maxTimeout.Milliseconds(), s.id)
}

func (s *Server) answerCons(b *strings.Builder) {
	for _, c := range s.connsInOrder() {
		fmt.Fprintf(b, " /%s[1](queued=%d,recved=%d,sent=%d", c.sock.RemoteAddr(), len(c.queue), c.received, c.sent)
		if c.session != nil {
			fmt.Fprintf(b, ",sid=0x%x,lop=%v,est=%d,to=%d,lcxid=0x%x,lzxid=0x%x",
				c.session.id, c.lastOp, c.since.UnixMilli(), c.timeout.Milliseconds(), uint32(c.lastXid), uint64(c.lastZxid))
		}
		b.WriteString(")\n")
	}
	b.WriteByte('\n')
}

func (s *Server) answerDump(b *strings.Builder) {
	b.WriteString("SessionTracker dump:\n")
	byExpiry := make(map[int64][]int64)
	for id, known := range s.w.sessions {
		byExpiry[known.expiry] = append(byExpiry[known.expiry], id)
	}
	fmt.Fprintf(b, "Session Sets (%d)/(%d):\n", len(byExpiry), len(s.w.sessions))
	for _, expiry := range slices.Sorted(maps.Keys(byExpiry)) {
		at := s.w.start.Add(time.Duration(expiry) * time.Millisecond)
		fmt.Fprintf(b, "%d expire at %s:\n", len(byExpiry[expiry]), at.UTC().Format(time.UnixDate))
		for _, id := range slices.Sorted(slices.Values(byExpiry[expiry])) {
			fmt.Fprintf(b, "\t0x%x\n", id)
		}
	}
	b.WriteString("ephemeral nodes dump:\n")
	owners := slices.Sorted(maps.Keys(s.tree.ephemerals))
	fmt.Fprintf(b, "Sessions with Ephemerals (%d):\n", len(owners))
	for _, id := range owners {
		fmt.Fprintf(b, "0x%x:\n", id)
		for _, path := range slices.Sorted(slices.Values(s.tree.ephemerals[id].list)) {
			fmt.Fprintf(b, "\t%s\n", path)
		}
	}
	b.WriteString("Connections dump:\n")
	for _, c := range s.connsInOrder() {
		fmt.Fprintf(b, "\t%s\n", c.sock.RemoteAddr())
	}
}

func (s *Server) answerEnvi(b *strings.Builder) {
	fmt.Fprintf(b, "Environment:\nzookeeper.version=%s\nhost.name=localhost\njava.version=none\n", s.versionText())
}

func (s *Server) answerWchs(b *strings.Builder) {
	conns, paths := make(map[*conn]bool), make(map[string]bool)
	for _, t := range []*watchTable{s.data, s.children} {
		for path, here := range t.paths {
			paths[path] = true
			for _, w := range here {
				conns[w.c] = true
			}
		}
	}
	fmt.Fprintf(b, "%d connections watching %d paths\nTotal watches:%d\n\n", len(conns), len(paths), s.data.size()+s.children.size())
}

// answerWatches lists watches, by path or by session. The server lists those of data alone (DataTree.dumpWatches).
func (s *Server) answerWatches(b *strings.Builder, byPath bool) {
	lines := make(map[string][]string)
	for path, here := range s.data.paths {
		for _, w := range here {
			session := "0x0"
			if w.c.session != nil {
				session = fmt.Sprintf("0x%x", w.c.session.id)
			}
			if byPath {
				lines[path] = append(lines[path], session)
			} else {
				lines[session] = append(lines[session], path)
			}
		}
	}
	for _, head := range slices.Sorted(maps.Keys(lines)) {
		fmt.Fprintln(b, head)
		for _, line := range slices.Sorted(slices.Values(lines[head])) {
			fmt.Fprintf(b, "\t%s\n", line)
		}
	}
	b.WriteByte('\n')
}
