package zkpeer

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// replayEnv names the environment variable that makes a process a replay server. Its value is that of a Replay.
const replayEnv = "ZKPEER_REPLAY"

// A replay server in another process is the same test binary, run again. It takes over in init, before any tests can run, so
// that no TestMain needs to know about it.
func init() {
	value, asked := os.LookupEnv(replayEnv)
	if !asked {
		return
	}
	if err := replayMain(value); err != nil {
		fmt.Fprintln(os.Stderr, "zkpeer:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// replayMain runs in the child. It returns when its standard input ends, at the latest when its parent dies.
func replayMain(value string) error {
	var cfg Replay
	if _, err := fmt.Sscanf(value, "%d,%d", &cfg.DataSize, &cfg.Children); err != nil {
		return fmt.Errorf("%s=%q: %w", replayEnv, value, err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	r := newReplayer(cfg)
	r.running.Add(1)
	go r.accept(ln)
	fmt.Println(ln.Addr())
	_, _ = io.Copy(io.Discard, os.Stdin)
	_ = ln.Close()
	r.stop()
	return nil
}

// StartReplayProcess starts a replay server in a process of its own, so that its CPU time is not counted as the client's, and
// returns its address. It stops the server when the test ends.
func StartReplayProcess(tb testing.TB, cfg Replay) (addr string) {
	tb.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d,%d", replayEnv, cfg.DataSize, cfg.Children))
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		tb.Fatalf("replay server: no address: %v", err)
	}
	return strings.TrimSpace(line)
}
