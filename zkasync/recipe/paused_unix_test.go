//go:build unix

package recipe_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

// asHolder is an environment variable that turns the test binary into a process that holds a lock.
const asHolder = "ZKASYNC_RECIPE_TEST_HOLDER"

// init turns this process into a holder if the variable is set.
func init() {
	servers := os.Getenv(asHolder)
	if servers == "" {
		return
	}
	if err := holdLock(servers); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// holdLock acquires the lock, and writes when it is told to, without checking whether it still holds the lock.
func holdLock(servers string) error {
	ctx := context.Background()
	c, err := zkasync.Connect(ctx, servers, zkasync.WithSessionTimeout(4*time.Second))
	if err != nil {
		return err
	}
	defer c.Close()
	held, err := recipe.NewMutex(c, "/lock", recipe.WithLease(recipe.UntilLost)).Lock(ctx).Get(ctx)
	if err != nil {
		return err
	}
	fmt.Println("held", held.Fence())
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return err
	}
	err = writeCarelessly(ctx, held)
	<-held.Done()
	fmt.Printf("written %t %q\n", errors.Is(err, recipe.ErrNotHeld), fmt.Sprint(err))
	return nil
}

// writeCarelessly writes to the register. After a failure of the connection it tries again, until it succeeds or is told that the lock
// is not held.
func writeCarelessly(ctx context.Context, held interface {
	Multi(context.Context, ...zkasync.MultiOp) *future.Future[[]zkasync.MultiResult]
}) error {
	for {
		_, err := held.Multi(ctx, zkasync.SetOp("/register", []byte("paused"), zkasync.AnyVersion)).Get(ctx)
		lost := errors.Is(err, zkasync.ErrConnectionLoss) || errors.Is(err, zkasync.ErrSessionExpired) // after a pause, the client notices only now
		if !lost || errors.Is(err, recipe.ErrNotHeld) {
			return err
		}
	}
}

// startSelf starts this test binary with the variable set.
func startSelf(t *testing.T, variable, servers string) (cmd *exec.Cmd, in io.Writer, says *bufio.Scanner) {
	t.Helper()
	cmd = exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), variable+"="+servers)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd, in, bufio.NewScanner(out)
}

// A process is stopped for longer than its session. Others get the lock only when the session has ended, and when the process goes on,
// it cannot write any more.
func TestMutex_PausedProcess(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	must(t, c.Create(t.Context(), "/register", nil))
	cmd, in, says := startSelf(t, asHolder, servers)
	var fence int64
	if !says.Scan() {
		t.Fatal(says.Err())
	} else if _, err := fmt.Sscanf(says.Text(), "held %d", &fence); err != nil {
		t.Fatal(says.Text(), err)
	}
	next := recipe.NewMutex(c, "/lock").Lock(t.Context())
	poll(t, "two in the queue", func() bool { return len(names(t, c, "/lock")) == 2 })
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	held := must(t, next)
	if held.Fence() <= fence {
		t.Errorf("fence %d after %d", held.Fence(), fence)
	}
	must(t, held.Multi(t.Context(), zkasync.SetOp("/register", []byte("mine"), zkasync.AnyVersion)))
	fmt.Fprintln(in, "write")
	if err := cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if !says.Scan() || !strings.HasPrefix(says.Text(), "written true") {
		t.Errorf("%s, %v", says.Text(), says.Err())
	}
	if n := must(t, c.Get(t.Context(), "/register")); string(n.Data) != "mine" {
		t.Errorf("the register holds %q", n.Data)
	}
}
