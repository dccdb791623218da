//go:build unix

package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// program starts this test binary as zkdemo.
func program(t *testing.T, args ...string) (*exec.Cmd, io.ReadCloser, *strings.Builder) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	errs := &strings.Builder{}
	cmd.Stderr = errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, out, errs
}

func exitCodeOf(t *testing.T, cmd *exec.Cmd) int {
	t.Helper()
	err := cmd.Wait()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode()
}

func TestProgram_EndsInOrderOnASignal(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		server, c := place(t)
		cmd, out, errs := program(t, "create", "/mine", "--ephemeral", server)
		if line, err := bufio.NewReader(out).ReadString('\n'); line != "/mine\n" {
			t.Fatalf("%q, %v\n%s", line, err, errs)
		}
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		if code := exitCodeOf(t, cmd); code != exitInterrupted {
			t.Errorf("%v: exit code %d", signal, code)
		}
		says(t, errs.String(), "zkdemo: interrupted")
		nothingLeft(t, c) // a session that was not closed would leave the ephemeral znode
	}
}

func TestProgram_EndsInOrderWhenItsReaderGoesAway(t *testing.T) {
	t.Parallel()
	server, c := place(t)
	cmd, out, errs := program(t, "tour", "--yes", server)
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if code := exitCodeOf(t, cmd); code != exitFailed || errs.Len() > 0 {
		t.Errorf("exit code %d, %q", code, errs)
	}
	nothingLeft(t, c)
}

func TestProgram_GivesTheExitCode(t *testing.T) {
	t.Parallel()
	cmd, out, errs := program(t, "ls", "a")
	if _, err := io.Copy(io.Discard, out); err != nil {
		t.Error(err)
	}
	if code := exitCodeOf(t, cmd); code != exitUsage {
		t.Errorf("exit code %d\n%s", code, errs)
	}
}
