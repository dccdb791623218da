package zkserver

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Ensemble is several servers that replicate one tree. It is safe for concurrent
// use; its servers are started, frozen and killed one by one.
type Ensemble struct {
	opts options

	mu      sync.Mutex
	servers []*Server
}

// StartEnsemble starts n servers, usually three, and returns once each has
// accepted a session. It fails if ctx ends first, or after a minute.
func StartEnsemble(ctx context.Context, n int, opts ...Option) (*Ensemble, error) {
	if n < 2 {
		return nil, fmt.Errorf("zkserver: an ensemble of %d", n)
	}
	o := newOptions(opts)
	servers, err := launch(ctx, n, o)
	if err != nil {
		return nil, err
	}
	return &Ensemble{opts: o, servers: servers}, nil
}

// Servers returns all servers, whatever their state.
func (e *Ensemble) Servers() []*Server {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]*Server(nil), e.servers...)
}

// Add starts one more server, an observer or a voter, and returns once it has accepted a session. The server knows the others
// and follows their leader. It becomes a member when a reconfig lets its Member join.
func (e *Ensemble) Add(ctx context.Context, observer bool) (*Server, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for attempt := 1; ; attempt++ {
		s, err := e.add(ctx, observer)
		if err == nil {
			e.servers = append(e.servers, s)
			return s, nil
		}
		if s != nil {
			err = errors.Join(err, s.Stop(ctx))
		}
		if !errors.Is(err, errPortTaken) || attempt == launchAttempts {
			return nil, err
		}
	}
}

func (e *Ensemble) add(ctx context.Context, observer bool) (*Server, error) {
	first := e.servers[0]
	s := &Server{opts: e.opts, install: first.install, id: len(e.servers) + 1, observer: observer}
	if err := s.prepare(s.id); err != nil {
		return s, err
	}
	for _, other := range e.servers {
		s.members = append(s.members, other.member())
	}
	s.members = append(s.members, s.member())
	if err := s.writeFiles(); err != nil {
		return s, s.errorf("write the files of", err)
	}
	if err := s.Boot(); err != nil {
		return s, err
	}
	return s, s.Ready(ctx)
}

// ConnectString returns the addresses of all servers, joined with commas.
func (e *Ensemble) ConnectString() string {
	servers := e.Servers()
	addrs := make([]string, len(servers))
	for i, s := range servers {
		addrs[i] = s.Addr()
	}
	return strings.Join(addrs, ",")
}

// Leader waits until a server leads, and returns it. It ignores servers that are down
// or frozen.
func (e *Ensemble) Leader(ctx context.Context) (*Server, error) {
	var leader *Server
	err := poll(ctx, nil, func(ctx context.Context) (err error) {
		leader, _, err = e.roles(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("zkserver: find the leader: %w", err)
	}
	return leader, nil
}

// Followers waits until a server leads, and returns those that follow it.
func (e *Ensemble) Followers(ctx context.Context) ([]*Server, error) {
	var followers []*Server
	err := poll(ctx, nil, func(ctx context.Context) (err error) {
		_, followers, err = e.roles(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("zkserver: find the followers: %w", err)
	}
	return followers, nil
}

// roleTimeout bounds the wait for the answer of a server that may be frozen.
const roleTimeout = 250 * time.Millisecond

// roles asks all servers concurrently. A leader that was replaced while it was frozen
// still calls itself leader for a moment; the one with the later epoch is right.
func (e *Ensemble) roles(ctx context.Context) (leader *Server, followers []*Server, err error) {
	servers := e.Servers()
	ctx, cancel := context.WithTimeout(ctx, roleTimeout)
	defer cancel()
	answers := make([]string, len(servers))
	var wg sync.WaitGroup
	for i, s := range servers {
		wg.Go(func() { answers[i], _ = s.FourLetter(ctx, "srvr") })
	}
	wg.Wait()
	var newest uint64
	for i, s := range servers {
		switch field(answers[i], "Mode: ") {
		case "follower", "observer":
			followers = append(followers, s)
		case "leader":
			zxid, _ := strconv.ParseUint(field(answers[i], "Zxid: "), 0, 64)
			if leader == nil || zxid > newest {
				leader, newest = s, zxid
			}
		}
	}
	if leader == nil {
		return nil, nil, errors.New("no server leads")
	}
	return leader, followers, nil
}

// field returns what follows name in the line that begins with it.
func field(answer, name string) string {
	for line := range strings.Lines(answer) {
		if value, ok := strings.CutPrefix(line, name); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// Kill kills all servers.
func (e *Ensemble) Kill() error { return each(e.Servers(), (*Server).Kill) }

// Restart starts all servers again and returns once each has accepted a session.
func (e *Ensemble) Restart(ctx context.Context) error {
	return each(e.Servers(), func(s *Server) error { return s.Restart(ctx) })
}

// Stop stops all servers for good.
func (e *Ensemble) Stop(ctx context.Context) error {
	return each(e.Servers(), func(s *Server) error { return s.Stop(ctx) })
}
