package zkserver

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"sync"
	"testing"
)

// occupy listens on a free port until the test ends.
func occupy(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", address(0))
	must(t, err)
	t.Cleanup(func() { l.Close() })
	return l.Addr().(*net.TCPAddr).Port
}

// handOut returns a source of ports that hands out wrong ones at the given turns, and
// free ones otherwise.
func handOut(wrong map[int]int) Option {
	var mu sync.Mutex
	var calls int
	return func(o *options) {
		o.takePort = func() (int, error) {
			mu.Lock()
			defer mu.Unlock()
			calls++
			if port, ok := wrong[calls]; ok {
				return port, nil
			}
			return takePort()
		}
	}
}

func TestStart_TriesAgainWhenAPortIsTaken(t *testing.T) {
	t.Parallel()
	wrong := occupy(t)
	s := Run(t, WithTLS(), handOut(map[int]int{2: wrong})) // the second port is the one for TLS
	if s.TLSAddr() == address(wrong) {
		t.Errorf("the server claims port %d, on which another listens", wrong)
	}
}

// Another program's server on the port would also grant a session.
func TestStart_IsNotFooledByAnotherServer(t *testing.T) {
	t.Parallel()
	other := Run(t)
	s := Run(t, handOut(map[int]int{1: other.Port()}))
	if s.Port() == other.Port() {
		t.Error("both servers claim one port")
	}
	must(t, s.Ready(testContext(t)))
}

func TestStart_FixedPort(t *testing.T) {
	t.Parallel()
	port, err := takePort()
	must(t, err)
	s := Run(t, WithPort(port))
	if s.Port() != port {
		t.Errorf("port %d, want %d", s.Port(), port)
	}
	if _, err := Start(testContext(t), WithPort(port)); !errors.Is(err, errPortTaken) {
		t.Errorf("a second server on the port: %v, want %v", err, errPortTaken)
	}
}

func TestStart_EndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	if _, err := Start(ctx, WithDir(dir)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}

func TestStart_ShowsWhyTheServerEnded(t *testing.T) {
	t.Parallel()
	_, err := Start(testContext(t), WithConfig("tickTime", "soon"))
	if !errors.Is(err, errEnded) {
		t.Fatalf("error %v, want %v", err, errEnded)
	}
}

func TestStart_ServersInParallelAreApart(t *testing.T) {
	t.Parallel()
	const n = 2
	servers := make([]*Server, n)
	for i := range servers {
		servers[i] = &Server{}
	}
	errs := each(servers, func(s *Server) error {
		started, err := Start(context.Background())
		if err == nil {
			err = started.Stop(context.Background())
		}
		if err == nil {
			s.ports, s.dir = started.ports, started.dir
		}
		return err
	})
	must(t, errs)
	dirs := map[string]bool{}
	for _, s := range servers {
		dirs[s.dir] = true
		if _, err := os.Stat(s.dir); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("folder %s: %v", s.dir, err)
		}
	}
	if len(dirs) != n {
		t.Errorf("%d folders for %d servers", len(dirs), n)
	}
}
