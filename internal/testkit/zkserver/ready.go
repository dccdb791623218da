package zkserver

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

const (
	pollInterval = 10 * time.Millisecond
	// Each attempt is bounded, at first to a short time. A frozen server accepts
	// connections, because the kernel does that, and then says nothing. A server that
	// boots sometimes does the same: a connection that comes before its database is
	// there fails with a NullPointerException (ZooKeeperServer.removeCnxn), and is
	// neither answered nor closed.
	firstAttempt, longestAttempt = 100 * time.Millisecond, time.Second
)

// poll calls try until it succeeds or returns errPortTaken, or until the process or
// ctx has ended. The error of poll wraps the last one of try.
func poll(ctx context.Context, ended <-chan struct{}, try func(context.Context) error) error {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	limit := firstAttempt
	for {
		attempt, cancel := context.WithTimeout(ctx, limit)
		begin := time.Now()
		err := try(attempt)
		cancel()
		if time.Since(begin) >= limit {
			limit = min(2*limit, longestAttempt)
		}
		if err == nil || errors.Is(err, errPortTaken) {
			return err
		}
		select {
		case <-tick.C:
		case <-ended:
			return errors.Join(errEnded, err)
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		}
	}
}

var errEnded = errors.New("the process has ended")

// Parts of ZooKeeper's protocol, as in the server's ConnectRequest.java and
// RequestHeader.java: length prefix, protocol version, last zxid seen, timeout,
// session id, password, read-only flag; and the header of a close request.
const (
	passwordLen       = 16
	connectRequestLen = 4 + 8 + 4 + 8 + 4 + passwordLen + 1
	sessionIDOffset   = 4 + 4 // in a connect response: protocol version, timeout
	maxResponseLen    = 1024
	probeSessionMs    = 4_000
	opClose           = -11
)

// probe opens a session and closes it again. Nothing less shows that a server is
// ready: a server answers "imok" about 0.2 s before it accepts sessions.
func probe(ctx context.Context, addr string) error {
	conn, err := dial(ctx, addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	request := binary.BigEndian.AppendUint32(nil, connectRequestLen)
	request = binary.BigEndian.AppendUint32(request, 0) // protocol version
	request = binary.BigEndian.AppendUint64(request, 0) // last zxid seen
	request = binary.BigEndian.AppendUint32(request, probeSessionMs)
	request = binary.BigEndian.AppendUint64(request, 0) // session id: a new one
	request = binary.BigEndian.AppendUint32(request, passwordLen)
	request = append(request, make([]byte, passwordLen+1)...) // no password, not read-only
	if _, err := conn.Write(request); err != nil {
		return err
	}
	var head [4]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n < sessionIDOffset+8 || n > maxResponseLen {
		return fmt.Errorf("connect response of %d bytes", n)
	}
	response := make([]byte, n)
	if _, err := io.ReadFull(conn, response); err != nil {
		return err
	}
	if binary.BigEndian.Uint64(response[sessionIDOffset:]) == 0 {
		return errors.New("the server refused a session")
	}
	return closeSession(conn)
}

// closeSession ends the session and reads to the end of the connection, which comes
// when the session is gone, so that nothing of the probe is left on the server.
func closeSession(conn net.Conn) error {
	request := binary.BigEndian.AppendUint32(nil, 4+4)
	request = binary.BigEndian.AppendUint32(request, 1) // xid
	op := int32(opClose)
	request = binary.BigEndian.AppendUint32(request, uint32(op))
	if _, err := conn.Write(request); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, conn)
	return err
}

// ask sends one of the server's four-letter commands and returns the answer.
func ask(ctx context.Context, addr, command string) (string, error) {
	conn, err := dial(ctx, addr)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, command); err != nil {
		return "", err
	}
	answer, err := io.ReadAll(conn)
	return string(answer), err
}

// dial connects. The earlier of ctx's deadline and longestAttempt bounds everything
// that is done with the connection.
func dial(ctx context.Context, addr string) (net.Conn, error) {
	deadline := time.Now().Add(longestAttempt)
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	conn, err := (&net.Dialer{Deadline: deadline}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(deadline); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}
