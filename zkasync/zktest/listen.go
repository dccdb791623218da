package zktest

import (
	"fmt"
	"net"
)

// Listen has the server listen on a TCP address, such as "127.0.0.1:0" for a free port, and returns the address with its
// port. From the first call on [Server.Addr] returns that. It is for clients in other processes, and for those that
// cannot be told how to dial. Close ends it.
func (s *Server) Listen(addr string) (string, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return "", fmt.Errorf("zktest: %w", err)
	}
	s.w.lock()
	defer s.w.release()
	if s.w.closed {
		_ = l.Close()
		return "", ErrClosed
	}
	s.listeners[l] = true
	if s.bound == "" {
		s.bound = l.Addr().String()
	}
	s.w.running.Add(1)
	go s.acceptLoop(l)
	return l.Addr().String(), nil
}

// acceptLoop serves whoever connects.
func (s *Server) acceptLoop(l net.Listener) {
	defer s.w.running.Done()
	for {
		sock, err := l.Accept()
		if err != nil {
			return
		}
		s.w.lock()
		s.welcomeConn(sock)
		s.w.release()
	}
}
