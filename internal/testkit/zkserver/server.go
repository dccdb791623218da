package zkserver

import (
	"context"
	"crypto/tls"
	"fmt"
	"path/filepath"
	"sync"
)

// Server is one ZooKeeper server and its process, which may be running, frozen
// or down. Start and StartEnsemble return servers. A Server is safe for concurrent
// use.
type Server struct {
	opts     options
	install  installation
	id       int       // number in the ensemble, from 1
	observer bool      // follows the leader without a vote
	members  []setting // the server.N lines; none for a single server
	ports    serverPorts
	dir      string
	certs    *certificates // nil without TLS

	mu      sync.Mutex
	proc    *process // the latest one
	logFrom int64    // where its part of the log begins
	stopped bool     // Stop was called: ports and folder are given up
	release release  // as the server reported when it was last ready
}

type serverPorts struct{ client, secure, quorum, election int }

// Start starts one server and returns once it has accepted a session. It fails
// if ctx ends first, or after a minute.
func Start(ctx context.Context, opts ...Option) (*Server, error) {
	servers, err := launch(ctx, 1, newOptions(opts))
	if err != nil {
		return nil, err
	}
	return servers[0], nil
}

// Addr returns "127.0.0.1:port" for clients. It stays the same across restarts.
func (s *Server) Addr() string { return address(s.ports.client) }

// Port returns the port for clients.
func (s *Server) Port() int { return s.ports.client }

// TLSAddr returns the address of the port with TLS, or "" without WithTLS.
func (s *Server) TLSAddr() string {
	if s.certs == nil {
		return ""
	}
	return address(s.ports.secure)
}

// TLSConfig returns a client's configuration that trusts this server and contains a
// certificate that the server trusts. It is nil without WithTLS. ServerName is not set;
// the server's certificate is valid for "localhost" and 127.0.0.1.
func (s *Server) TLSConfig() *tls.Config {
	if s.certs == nil {
		return nil
	}
	return s.certs.clientConfig()
}

// Dir returns the folder with configuration, data and log.
func (s *Server) Dir() string { return s.dir }

// LogFile returns the path of the file with the log of all runs of the server.
func (s *Server) LogFile() string { return filepath.Join(s.dir, "server.log") }

// LogTail returns the last lines of the log.
func (s *Server) LogTail(lines int) string { return logTail(s.LogFile(), lines) }

// ID returns the server's number in its ensemble, from 1.
func (s *Server) ID() int64 { return int64(s.id) }

// Member returns the line "server.N=…" with which a reconfig lets the server join its ensemble.
func (s *Server) Member() string {
	m := s.member()
	return m.key + "=" + m.value
}

// PID returns the process id, or 0 if the server is down.
func (s *Server) PID() int {
	if p := s.process(); p != nil && p.running() {
		return p.pid
	}
	return 0
}

// Running reports whether there is a process, which may be frozen.
func (s *Server) Running() bool { return s.PID() != 0 }

func (s *Server) process() *process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.proc
}

// FourLetter sends one of the server's four-letter commands, such as "srvr",
// "mntr", "cons" or "wchs", and returns the answer.
func (s *Server) FourLetter(ctx context.Context, command string) (string, error) {
	answer, err := ask(ctx, s.Addr(), command)
	if err != nil {
		return "", s.errorf("ask", err)
	}
	return answer, nil
}

func (s *Server) errorf(doing string, err error) error {
	return fmt.Errorf("zkserver: %s server %s: %w", doing, s.Addr(), err)
}
