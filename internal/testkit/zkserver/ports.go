package zkserver

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
)

const host = "127.0.0.1"

// Ports are chosen below the ranges that systems use for outgoing connections (Linux
// from 32768, others from 49152). In such a range, another connection could take the
// port of a server that is down for a moment, and a client that keeps dialling a dead
// server would at some point connect to itself.
const (
	lowestPort  = 15000
	highestPort = 32000
)

// ports remembers the ports that this program's servers own, running or not.
var ports = struct {
	mu    sync.Mutex
	taken map[int]bool
}{taken: map[int]bool{}}

// takePort returns a port on which nothing listens and which no other server of
// this program owns. Another program may still take it, see errPortTaken.
func takePort() (int, error) {
	ports.mu.Lock()
	defer ports.mu.Unlock()
	const attempts = 1000
	for range attempts {
		port := lowestPort + rand.IntN(highestPort-lowestPort)
		if !ports.taken[port] && listenable(port) {
			ports.taken[port] = true
			return port, nil
		}
	}
	return 0, fmt.Errorf("zkserver: no free port in %d attempts", attempts)
}

func releasePort(port int) {
	ports.mu.Lock()
	defer ports.mu.Unlock()
	delete(ports.taken, port)
}

func listenable(port int) bool {
	l, err := net.Listen("tcp", address(port))
	if err != nil {
		return false
	}
	l.Close()
	return true
}

func address(port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }

// errPortTaken says that a server could not listen because another program has the
// port.
var errPortTaken = errors.New("a port is in use")
