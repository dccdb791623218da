package zkserver

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// TB is the part of testing.TB that this package needs. With an interface of its own,
// it keeps package testing out of programs that start a server.
type TB interface {
	Helper()
	Name() string
	Failed() bool
	Logf(format string, args ...any)
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// Run starts a server for one test and stops it when the test ends. If the test has
// failed, it shows the end of the server's log.
func Run(tb TB, opts ...Option) *Server {
	tb.Helper()
	s, err := Start(context.Background(), opts...)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	tb.Cleanup(func() { finish(tb, s) })
	return s
}

// RunEnsemble starts three servers for one test and stops them when it ends. If the
// test has failed, it shows the ends of their logs.
func RunEnsemble(tb TB, opts ...Option) *Ensemble {
	tb.Helper()
	const size = 3
	e, err := StartEnsemble(context.Background(), size, opts...)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	tb.Cleanup(func() { finish(tb, e.Servers()...) })
	return e
}

func finish(tb TB, servers ...*Server) {
	tb.Helper()
	if tb.Failed() {
		for _, s := range servers {
			tb.Logf("the log of server %s ends with\n%s", s.Addr(), s.LogTail(logLines))
		}
	}
	if err := each(servers, func(s *Server) error { return s.Stop(context.Background()) }); err != nil {
		tb.Logf("%v", err)
	}
}

// shared is the server of Shared, or the error that kept it from starting.
var shared struct {
	mu      sync.Mutex
	server  *Server
	foreign bool // see UseShared
	err     error
}

// Shared returns one server for the whole test binary, which the first call starts.
// A test must use only paths below its own root (see Root), and must not stop or
// freeze the process. TestMain stops the server through Main or StopShared.
func Shared(tb TB) *Server {
	tb.Helper()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.server == nil && shared.err == nil {
		shared.server, shared.err = Start(context.Background())
	}
	if shared.err != nil {
		tb.Fatalf("%v", shared.err)
	}
	return shared.server
}

// At returns a server that somebody else runs at an address, and that behaves like a release of ZooKeeper. It can be asked,
// but there is no process to start, stop or freeze.
func At(addr, version string) (*Server, error) {
	release, err := parseRelease(version)
	if err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	s := &Server{release: release}
	s.ports.client, err = strconv.Atoi(port)
	return s, err
}

// UseShared makes Shared return s, which the caller must stop.
func UseShared(s *Server) {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	shared.server, shared.foreign = s, true
}

// StopShared stops the server of Shared, if there is one.
func StopShared() error {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	s, foreign := shared.server, shared.foreign
	shared.server, shared.foreign, shared.err = nil, false, nil
	if s == nil || foreign {
		return nil
	}
	return s.Stop(context.Background())
}

// Main returns an m whose Run also stops the shared server:
//
//	goleak.VerifyTestMain(zkserver.Main(m))
func Main(m interface{ Run() int }) interface{ Run() int } { return stopsShared{m} }

type stopsShared struct{ m interface{ Run() int } }

// Run runs the tests and stops the shared server. It returns 1 if the server could not be stopped.
func (s stopsShared) Run() int {
	code := s.m.Run()
	if err := StopShared(); err != nil && code == 0 {
		fmt.Println(err)
		return 1
	}
	return code
}

var roots atomic.Int64

// Root returns a path for the test alone, such as "/TestGet_Missing-7". It does not
// create the znode. Each call returns another path, so a test may run several times.
func Root(tb TB) string {
	name := strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f && r != '/' && r != ',' { // the rest could be invalid in a path or a connection string
			return r
		}
		return '_'
	}, tb.Name())
	return fmt.Sprintf("/%s-%d", name, roots.Add(1))
}
