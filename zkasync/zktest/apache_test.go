package zktest_test

import (
	"flag"
	"net"
	"os"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

var record = flag.Bool("record", false, "write what a real 3.8.0 answers in TestApache_UnitTestsHaveTheSameAnswers into testdata/apache_380.txt")

const apacheFile = "testdata/apache_380.txt"

// What Apache's own unit tests ask a server for, in scripts of raw requests. The comment of each section names the Java classes and
// methods. What they assert must be visible in the answers of a real server, which are recorded. A server of this package must give
// the same answers as 3.8.0, and the same as a real server of any other release that is there.
func TestApache_UnitTestsHaveTheSameAnswers(t *testing.T) {
	t.Parallel()
	zkserver.Needs(t, "3.6", "multi-reads")
	// Neither server deletes containers by itself, because they would do so at different times.
	theirs := []zkserver.Option{zkserver.WithSuperuser("test"), zkserver.WithJVMFlag("-Dznode.container.checkIntervalMs=86400000")}
	ours := []zktest.Option{zktest.WithSuperuser("test"), zktest.WithCleaning(24 * time.Hour)}
	if *record {
		recordApache(t, theirs)
	}
	recorded, err := os.ReadFile(apacheFile)
	must(t, err)
	g := inMemory(t, ours...)
	g.apache()
	sameLines(t, "recorded", string(recorded), "zktest", g.out.String())
	sameAnswers(t, (*golden).apache, theirs, ours)
}

func recordApache(t *testing.T, opts []zkserver.Option) {
	real := zkserver.Run(t, opts...)
	if real.Version() != zktest.DefaultVersion {
		t.Fatalf("cannot record %s: the file is that of %s", real.Version(), zktest.DefaultVersion)
	}
	undisturbed(t, real)
	g := &golden{t: t, pace: func() { time.Sleep(2 * time.Millisecond) },
		dial: func() (net.Conn, error) { return net.DialTimeout("tcp", real.Addr(), wait) }}
	g.apache()
	must(t, os.WriteFile(apacheFile, []byte(g.out.String()), 0o600))
}

// apache plays all sections in a session each.
func (g *golden) apache() {
	first := g.first()
	for _, s := range []struct {
		tests string
		play  func(*golden, *player)
	}{
		{"StatTest, GetChildren2Test", (*golden).stats},
		{"CreateTest, CreateContainerTest", (*golden).statsOfCreates},
		{"NullDataTest", (*golden).nullData},
		{"DataTreeTest", (*golden).descendants},
		{"EphemeralTypeTest, CreateTTLTest", (*golden).boundsOfTTL},
		{"MultiOperationTest: paths and flags that are not valid", (*golden).multisRefused},
		{"MultiOperationTest: parts that depend on each other", (*golden).multisDependent},
		{"MultiOperationTest: an abort has no side effects", (*golden).multisAborted},
		{"MultiOperationTest: transactions", (*golden).multisChecked},
		{"MultiOperationTest: events", (*golden).multisWatched},
		{"MultiOperationTest: reads", (*golden).multisOfReads},
		{"MultiOperationTest: reads that are not allowed", (*golden).multisOfReadsRefused},
		{"PrepRequestProcessorTest: changes that wait", (*golden).waitingChanges},
		{"PrepRequestProcessorTest: malformed requests", (*golden).malformedWrites},
		{"CheckTest", (*golden).checksAlone},
		{"FinalRequestProcessorTest", (*golden).hiddenDigests},
		{"ACLTest: ids of the scheme ip", (*golden).addresses},
		{"ACLTest: lists that are not valid", (*golden).listsRefused},
		{"ACLTest: exists", (*golden).existsChecked},
		{"ACLRootTest", (*golden).rootClosed},
		{"AuthTest", (*golden).superACL},
	} {
		g.section(s.tests)
		z := g.session("Z", connectAs{quiet: true})
		s.play(g, z)
		z.leave()
	}
	first.leave()
}

// leave ends a session, so that it does not expire in the middle of the script.
func (p *player) leave() {
	p.do("closeSession", wire.OpClose, nil, nil)
	_ = p.sock.Close()
}

// visit has another session do something.
func (g *golden) visit(name string, do func(*player)) {
	p := g.session(name, connectAs{quiet: true})
	do(p)
	p.leave()
}
