package wire_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/internal/wire"
)

const (
	captureTimeout = 2 * time.Minute
	sessionTimeout = 10 * time.Second // as in Capture.java
)

// clientJar is Debian's; its manifest names the jars that it needs.
const clientJar = "/usr/share/java/zookeeper.jar"

// capture writes the golden files: it starts a server and a recording proxy, and
// lets Apache's client and then go-zookeeper go through the cases.
func capture() (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), captureTimeout)
	defer cancel()
	server, err := zkserver.Start(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop(ctx)) }()

	cases := goldenCases()
	recording := &recorder{cases: cases}
	proxy, err := startProxy(server.Addr(), recording)
	if err != nil {
		return err
	}
	err = errors.Join(runJavaClient(ctx, proxy.address()), runGoZookeeper(ctx, proxy.address()))
	proxy.stop()
	if err != nil {
		return err
	}
	return recording.write()
}

func runJavaClient(ctx context.Context, address string) error {
	cmd := exec.CommandContext(ctx, "java", "-cp", clientJar, filepath.Join(wire.GoldenDir, "Capture.java"), address)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return cmd.Run()
}

func runGoZookeeper(ctx context.Context, address string) error {
	conn, events, err := zk.Connect([]string{address}, sessionTimeout, zk.WithLogInfo(false))
	if err != nil {
		return err
	}
	defer conn.Close()
	for {
		select {
		case event := <-events:
			if event.State == zk.StateHasSession {
				return nil
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// write checks that there is an exchange for each case, and writes each into its
// file.
func (r *recorder) write() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.exchanges) != len(r.cases) {
		return fmt.Errorf("%d exchanges, %d cases", len(r.exchanges), len(r.cases))
	}
	for i, e := range r.exchanges {
		if !e.answered {
			return fmt.Errorf("%s: no reply", r.cases[i].name)
		}
		if e.op != r.cases[i].op {
			return fmt.Errorf("%s: opcode is %d, want %d", r.cases[i].name, e.op, r.cases[i].op)
		}
	}
	for i, e := range r.exchanges {
		if err := os.WriteFile(wire.GoldenFile(r.cases[i].name), wire.FormatGolden(e.sent, e.received), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// opOf returns the opcode of a request frame that has a header.
func opOf(frame []byte) (wire.OpCode, error) {
	op, _, err := wire.DecodeInt32(frame[4+4:])
	return wire.OpCode(op), err
}
