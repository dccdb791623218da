package check

import (
	"context"
	"fmt"
	"testing"

	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// Server is a server for one test alone: a process, or one in memory if -zktest says so. Its methods are those of
// [zkserver.Server].
type Server interface {
	Addr() string
	Since(releases ...string) bool
	FourLetter(ctx context.Context, word string) (string, error)
	Freeze() error
	Continue() error
	Kill() error
	Wipe() error
	Restart(ctx context.Context) error
}

// Setting is a setting that both kinds of servers have.
type Setting struct {
	process zkserver.Option
	memory  zktest.Option
}

// MaxRequestSize sets how long a request may be, in bytes.
func MaxRequestSize(n int) Setting {
	return Setting{zkserver.WithJVMFlag(fmt.Sprintf("-Djute.maxbuffer=%d", n)), zktest.WithMaxRequestSize(n)}
}

// NoTTL lets no znode have a TTL.
func NoTTL() Setting {
	return Setting{zkserver.WithConfig("extendedTypesEnabled", "false"), zktest.WithExtendedTypes(false)}
}

// EnforcedAuth lets only clients in that have authenticated by a scheme.
func EnforcedAuth(scheme string) Setting {
	return Setting{zkserver.WithEnforcedAuth(scheme), zktest.WithEnforcedAuthentication(scheme)}
}

// Run starts a server for one test. Tests that need more than a Server has call Process or Ensemble.
func Run(t testing.TB, settings ...Setting) Server {
	t.Helper()
	if *inMemory == "" {
		var opts []zkserver.Option
		for _, s := range settings {
			opts = append(opts, s.process)
		}
		return zkserver.Run(t, opts...)
	}
	opts := memoryOptions()
	for _, s := range settings {
		opts = append(opts, s.memory)
	}
	srv := zktest.Run(t, opts...)
	addr, err := srv.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	known, err := zkserver.At(addr, *inMemory)
	if err != nil {
		t.Fatal(err)
	}
	return memory{known, srv, srv.Snapshot()}
}

// Process starts a server in a process of its own, for a test that would prove nothing with a server in memory. If -zktest asks
// for servers in memory, the test is skipped, and its log says why.
func Process(t testing.TB, why string, opts ...zkserver.Option) *zkserver.Server {
	t.Helper()
	NeedsProcess(t, why)
	return zkserver.Run(t, opts...)
}

// Ensemble does what Process does, with three servers.
func Ensemble(t testing.TB, why string, opts ...zkserver.Option) *zkserver.Ensemble {
	t.Helper()
	NeedsProcess(t, why)
	return zkserver.RunEnsemble(t, opts...)
}

// memoryOptions are the options that make a server in memory like one of zkserver.
func memoryOptions() []zktest.Option {
	return []zktest.Option{zktest.WithVersion(*inMemory), zktest.WithTick(zkserver.DefaultTick),
		zktest.WithSessionTimeouts(zkserver.MinSessionTimeout, zkserver.MaxSessionTimeout), zktest.WithCleaning(zkserver.Cleaning)}
}

// memory is a server in memory that listens on a port.
type memory struct {
	*zkserver.Server // knows the address and the release
	srv              *zktest.Server
	empty            *zktest.Snapshot
}

func (m memory) Freeze() error   { m.srv.Freeze(); return nil }
func (m memory) Continue() error { m.srv.Thaw(); return nil }
func (m memory) Kill() error     { m.srv.Stop(); return nil }
func (m memory) Wipe() error     { m.srv.Restore(m.empty); return nil }

func (m memory) Restart(context.Context) error {
	m.srv.Stop()
	m.srv.Thaw()
	m.srv.Start()
	return nil
}
