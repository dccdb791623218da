// Package fourletter answers four-letter words.
package fourletter

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/serve"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/watch"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/znode"
)

// answer writes the answer to a four-letter word.
type answer func(s *serve.Server, b *strings.Builder)

var all = map[string]answer{
	"ruok": func(_ *serve.Server, b *strings.Builder) { b.WriteString("imok") },
	"isro": isro,
	"srvr": func(s *serve.Server, b *strings.Builder) { srvr(s, b, false) },
	"stat": func(s *serve.Server, b *strings.Builder) { srvr(s, b, true) },
	"mntr": mntr,
	"conf": conf,
	"cons": cons,
	"dump": dump,
	"envi": envi,
	"wchs": wchs,
	"wchc": func(s *serve.Server, b *strings.Builder) { watches(s, b, false) },
	"wchp": func(s *serve.Server, b *strings.Builder) { watches(s, b, true) },
	"srst": func(s *serve.Server, b *strings.Builder) {
		s.ResetStats()
		b.WriteString("Server stats reset.\n")
	},
	"crst": func(s *serve.Server, b *strings.Builder) {
		s.ResetConnStats()
		b.WriteString("Connection stats reset.\n")
	},
}

// Names returns all words, in order.
func Names() []string { return slices.Sorted(maps.Keys(all)) }

// Known reports whether there is such a word.
func Known(word string) bool { return all[word] != nil }

// Answer returns the answer to a word, and false if there is no such word. A word that is not allowed gets an answer that says so;
// nil allows all.
func Answer(s *serve.Server, allowed map[string]bool, word string) (text string, known bool) {
	answer := all[word]
	switch {
	case answer == nil:
		return "", false
	case allowed != nil && !allowed[word]:
		return word + " is not executed because it is not in the whitelist.\n", true
	case s.Mode() == "" && word == "isro":
		return "null", true
	case s.Mode() == "" && word != "ruok" && word != "envi":
		return "This ZooKeeper instance is not currently serving requests\n", true
	}
	var b strings.Builder
	answer(s, &b)
	return b.String(), true
}

// versionText returns the release whose behaviour the server has, followed by what the server really is.
func versionText(s *serve.Server) string {
	return s.Config().Rules.Version + "-zktest, built on 01/01/1970 00:00 GMT"
}

// znodes counts znodes as DataTree does, whose root has two names.
func znodes(s *serve.Server) int { return s.Tree().Count + 2 }

func isro(s *serve.Server, b *strings.Builder) {
	if s.ReadOnly() {
		b.WriteString("ro")
	} else {
		b.WriteString("rw")
	}
}

func srvr(s *serve.Server, b *strings.Builder, clients bool) {
	fmt.Fprintf(b, "Zookeeper version: %s\n", versionText(s))
	if s.ReadOnly() {
		b.WriteString("READ-ONLY mode; serving only read-only clients\n")
	}
	if clients {
		b.WriteString("Clients:\n")
		for _, c := range s.Conns() {
			fmt.Fprintf(b, " /%s[1](queued=%d,recved=%d,sent=%d)\n", c.Addr, c.Queued, c.Received, c.Sent)
		}
		b.WriteByte('\n')
	}
	st := s.Stats()
	fmt.Fprintf(b, "Latency min/avg/max: 0/0.0/0\nReceived: %d\nSent: %d\nConnections: %d\nOutstanding: %d\nZxid: 0x%x\nMode: %s\nNode count: %d\n",
		st.Received, st.Sent, st.Conns, st.Outstanding, s.Tree().Zxid, s.Mode(), znodes(s))
}

func mntr(s *serve.Server, b *strings.Builder) {
	st := s.Stats()
	ephemerals, bytes := 0, int64(0)
	for _, owned := range s.Tree().Ephemerals {
		ephemerals += owned.Len()
	}
	bytes, _ = znode.Weigh(s.Tree().Root)
	for _, line := range []struct {
		name  string
		value any
	}{
		{"version", versionText(s)},
		{"server_state", s.Mode()},
		{"num_alive_connections", st.Conns},
		{"min_latency", 0},
		{"avg_latency", "0.0"},
		{"max_latency", 0},
		{"outstanding_requests", st.Outstanding},
		{"packets_received", st.Received},
		{"packets_sent", st.Sent},
		{"znode_count", znodes(s)},
		{"watch_count", s.Watches().Size()},
		{"ephemerals_count", ephemerals},
		{"approximate_data_size", bytes},
		{"global_sessions", len(s.Tree().Sessions)},
	} {
		fmt.Fprintf(b, "zk_%s\t%v\n", line.name, line.value)
	}
}

func conf(s *serve.Server, b *strings.Builder) {
	port := s.Addr()[strings.LastIndexByte(s.Addr(), ':')+1:]
	cfg := s.Config()
	fmt.Fprintf(b, "clientPort=%s\nsecureClientPort=-1\ndataDir=\ndataDirSize=0\ndataLogDir=\ndataLogSize=0\ntickTime=%d\nmaxClientCnxns=%d\nminSessionTimeout=%d\nmaxSessionTimeout=%d\nclientPortListenBacklog=-1\nserverId=%d\n",
		port, cfg.Tick.Milliseconds(), cfg.MaxConns, cfg.MinTimeout.Milliseconds(), cfg.MaxTimeout.Milliseconds(), s.Number())
}

func cons(s *serve.Server, b *strings.Builder) {
	for _, c := range s.Conns() {
		fmt.Fprintf(b, " /%s[1](queued=%d,recved=%d,sent=%d", c.Addr, c.Queued, c.Received, c.Sent)
		if c.Session != 0 {
			fmt.Fprintf(b, ",sid=0x%x,lop=%s,est=%d,to=%d,lcxid=0x%x,lzxid=0x%x,lresp=%d,llat=0,minlat=0,avglat=0,maxlat=0",
				c.Session, opName(c.LastOp), c.Since.UnixMilli(), c.Timeout.Milliseconds(), uint32(c.LastXid), uint64(c.LastZxid), s.Cluster().Now().UnixMilli())
		}
		b.WriteString(")\n")
	}
	b.WriteByte('\n')
}

// javaDate is how java.util.Date prints itself.
const javaDate = "Mon Jan 02 15:04:05 MST 2006"

func dump(s *serve.Server, b *strings.Builder) {
	b.WriteString("SessionTracker dump:\n")
	sessions := s.Cluster().Sessions()
	byExpiry := make(map[time.Time][]int64)
	for _, known := range sessions {
		at := s.Cluster().Expires(known)
		byExpiry[at] = append(byExpiry[at], known.ID)
	}
	fmt.Fprintf(b, "Session Sets (%d)/(%d):\n", len(byExpiry), len(sessions))
	for _, at := range slices.SortedFunc(maps.Keys(byExpiry), time.Time.Compare) {
		fmt.Fprintf(b, "%d expire at %s:\n", len(byExpiry[at]), at.UTC().Format(javaDate))
		for _, id := range byExpiry[at] {
			fmt.Fprintf(b, "\t0x%x\n", id)
		}
	}
	b.WriteString("ephemeral nodes dump:\n")
	owners := slices.Sorted(maps.Keys(s.Tree().Ephemerals))
	fmt.Fprintf(b, "Sessions with Ephemerals (%d):\n", len(owners))
	for _, id := range owners {
		fmt.Fprintf(b, "0x%x:\n", id)
		for _, path := range slices.Sorted(slices.Values(s.Tree().Ephemerals[id].List)) {
			fmt.Fprintf(b, "\t%s\n", path)
		}
	}
	conns := s.Conns()
	ends := make(map[time.Time][]string)
	for _, c := range conns {
		ends[c.Ends] = append(ends[c.Ends], fmt.Sprintf("\tip: /%s sessionId: 0x%x\n", c.Addr, c.Session))
	}
	fmt.Fprintf(b, "Connections dump:\nConnections Sets (%d)/(%d):\n", len(ends), len(conns))
	for _, at := range slices.SortedFunc(maps.Keys(ends), time.Time.Compare) {
		fmt.Fprintf(b, "%d expire at %s:\n%s", len(ends[at]), at.UTC().Format(javaDate), strings.Join(ends[at], ""))
	}
}

func envi(s *serve.Server, b *strings.Builder) {
	fmt.Fprintf(b, "Environment:\nzookeeper.version=%s\nhost.name=localhost\njava.version=none\n", versionText(s))
}

// wchs counts watches. Like a real server, it counts only those of data (DataTree.dumpWatchesSummary).
func wchs(s *serve.Server, b *strings.Builder) {
	conns, paths, total := make(map[watch.Watcher]bool), make(map[string]bool), 0
	for w := range s.Watches().All() {
		if !w.Children {
			conns[w.By], paths[w.Path] = true, true
			total++
		}
	}
	fmt.Fprintf(b, "%d connections watching %d paths\nTotal watches:%d\n", len(conns), len(paths), total)
}

// watches lists watches, by path or by session. Like a real server, it lists only those of data (DataTree.dumpWatches).
func watches(s *serve.Server, b *strings.Builder, byPath bool) {
	lines := make(map[string][]string)
	for w := range s.Watches().All() {
		if w.Children {
			continue
		}
		session := "0x0"
		if id := serve.SessionOf(w.By); id != 0 {
			session = fmt.Sprintf("0x%x", id)
		}
		if byPath {
			lines[w.Path] = append(lines[w.Path], session)
		} else {
			lines[session] = append(lines[session], w.Path)
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
