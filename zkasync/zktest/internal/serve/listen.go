package serve

import (
	"fmt"
	"net"
)

// Listen makes the server listen on a TCP address, and returns the address with its port. The caller must not hold the lock.
func (s *Server) Listen(addr string) (string, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return "", fmt.Errorf("zktest: %w", err)
	}
	s.w.Lock()
	defer s.w.Unlock()
	if s.w.Ended() {
		_ = l.Close()
		return "", ErrClosed
	}
	s.listeners[l] = true
	if s.bound == "" {
		s.bound = l.Addr().String()
		s.Replica.ServeAt(reachable(s.bound))
	}
	s.w.Running.Add(1)
	go s.acceptLoop(l)
	return l.Addr().String(), nil
}

// acceptLoop accepts connections and starts to serve them.
func (s *Server) acceptLoop(l net.Listener) {
	defer s.w.Running.Done()
	for {
		sock, err := l.Accept()
		if err != nil {
			return
		}
		s.w.Lock()
		s.welcomeConn(sock)
		s.w.Unlock()
	}
}
