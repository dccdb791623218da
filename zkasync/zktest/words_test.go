package zktest_test

import (
	"context"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// Four-letter words have the answers of a real server, numbers and names of sessions aside.
func TestFourLetterWords_AsARealServer(t *testing.T) {
	t.Parallel()
	zkserver.Needs(t, "3.8", "the words and lines that are compared")
	real := zkserver.Run(t)
	undisturbed(t, real)
	theirs := wordsOf(t, real.Addr(), func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", real.Addr())
	})
	srv := zktest.Run(t, zktest.WithVersion(real.Version()))
	sameLines(t, "real", theirs, "zktest", wordsOf(t, srv.Addr(), srv.DialContext))
}

func wordsOf(t *testing.T, addr string, dial func(ctx context.Context, network, addr string) (net.Conn, error)) string {
	g := &golden{t: t, pace: func() {}, dial: func() (net.Conn, error) { return dial(testContext(t), "tcp", addr) }}
	z := g.session("A", connectAs{})
	z.create("/e", creating{flags: 1})
	z.create("/n", creating{})
	z.get("/n", true)
	z.kids("/n", true, wire.OpGetChildren)
	z.kids("/", true, wire.OpGetChildren)
	z.addWatch("/a", 0)
	z.addWatch("/b", 1)
	y := g.session("B", connectAs{})
	y.exists("/n", true)
	var b strings.Builder
	for _, word := range []string{"ruok", "isro", "srvr", "stat", "conf", "cons", "dump", "wchs", "wchc", "wchp", "mntr", "crst", "srst", "nope"} {
		answer, err := zkasync.FourLetterWord(testContext(t), addr, word, zkasync.WithDialer(dial))
		if err != nil && word != "nope" {
			t.Error(err)
		}
		b.WriteString(word + "\n" + shape(word, answer) + "\n")
	}
	return b.String()
}

var (
	hexNumber = regexp.MustCompile(`0x[0-9a-f]+`)
	expireAt  = regexp.MustCompile(`(?m)^[0-9]+ expire at [A-Z][a-z]{2} [A-Z][a-z]{2} [0-9]{2} [0-9:]{8} [A-Z]+ [0-9]{4}:\n`)
	number    = regexp.MustCompile(`[0-9]+(\.[0-9]+)?`)
)

// mntrNames are the lines of mntr that a server of this package has.
var mntrNames = []string{"version", "server_state", "num_alive_connections", "min_latency", "avg_latency", "max_latency", "outstanding_requests",
	"packets_received", "packets_sent", "znode_count", "watch_count", "ephemerals_count", "approximate_data_size", "global_sessions"}

// shape replaces what differs from run to run, and sorts what has no order.
func shape(word, answer string) string {
	switch word {
	case "dump": // how many sessions and connections end at the same tick depends on the time
		answer, _, _ = strings.Cut(answer, "Connections Sets")
		answer = fmt.Sprintln("expire at:", expireAt.MatchString(answer)) + expireAt.ReplaceAllString(answer, "")
	case "mntr": // a real server has many more lines
		for _, name := range mntrNames {
			if !strings.Contains(answer, "zk_"+name+"\t") {
				return "no " + name
			}
		}
		return ""
	}
	answer = number.ReplaceAllString(hexNumber.ReplaceAllString(answer, "0x…"), "…")
	lines := strings.Split(answer, "\n")
	for i, line := range lines {
		switch name, _, _ := strings.Cut(line, "="); {
		case name == "dataDir", name == "dataLogDir":
			lines[i] = name
		case strings.HasPrefix(line, "Zookeeper version"):
			lines[i], _, _ = strings.Cut(line, "-")
		}
	}
	switch word {
	case "cons", "stat", "wchc", "wchp":
		slices.Sort(lines)
	}
	return strings.Join(lines, "\n")
}
