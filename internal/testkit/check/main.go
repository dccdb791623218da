package check

import (
	"flag"
	"fmt"
	"testing"

	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// inMemory makes the shared server and those of Run servers in memory. Tests that need processes are skipped, and say why.
var inMemory = flag.String("zktest", "", "a release, as 3.8.0: servers are in memory and behave as it; tests that need processes are skipped")

// Main returns an m whose Run also stops the shared server at the end:
//
//	goleak.VerifyTestMain(check.Main(m))
func Main(m interface{ Run() int }) interface{ Run() int } { return withShared{zkserver.Main(m)} }

type withShared struct{ m interface{ Run() int } }

// Run runs the tests.
func (w withShared) Run() int {
	flag.Parse()
	if *inMemory == "" {
		return w.m.Run()
	}
	s, err := zktest.New(memoryOptions()...)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer s.Close()
	addr, err := s.Listen("127.0.0.1:0")
	var known *zkserver.Server
	if err == nil {
		known, err = zkserver.At(addr, *inMemory)
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	zkserver.UseShared(known)
	return w.m.Run()
}

// NeedsProcess skips a test that proves nothing with a server in memory. Why goes into the test's log.
func NeedsProcess(t testing.TB, why string) {
	t.Helper()
	if *inMemory != "" {
		t.Skip("needs a real server: " + why)
	}
}
