package serve

import (
	"fmt"
	"net"
)

// Listen has the server listen on a TCP address, and returns it with its port. The lock is not held.
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
	}
	s.w.Running.Add(1)
	go s.acceptLoop(l)
	return l.Addr().String(), nil
}

// acceptLoop serves whoever connects.
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
