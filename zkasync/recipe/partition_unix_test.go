//go:build unix

package recipe_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

// asTaker is an environment variable that turns the test binary into a process that takes part in a partition.
const asTaker = "ZKASYNC_RECIPE_TEST_TAKER"

// init turns this process into a taker if the variable is set.
func init() {
	servers := os.Getenv(asTaker)
	if servers == "" {
		return
	}
	if err := takePart(servers); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// takePart gains the item, and writes when it is told to, without checking whether it still owns the item.
func takePart(servers string) error {
	ctx := context.Background()
	c, err := zkasync.Connect(ctx, servers, zkasync.WithSessionTimeout(4*time.Second))
	if err != nil {
		return err
	}
	defer c.Close()
	p := recipe.Partition(c, "/jobs", []string{"item"}, recipe.WithIdentifier("paused"), recipe.WithLease(recipe.UntilLost))
	for e, err := range p.All(ctx) {
		if err != nil {
			return err
		}
		switch e.Kind {
		case recipe.Gained:
			fmt.Println("gained", e.Share.Fence())
			if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
				return err
			}
			err := writeCarelessly(ctx, e.Share)
			fmt.Printf("written %t %q\n", errors.Is(err, recipe.ErrNotHeld), fmt.Sprint(err))
		case recipe.Lost:
			e.Share.Unlock()
			fmt.Println("lost", e.Cause)
			return nil
		}
	}
	return nil
}

// A process is stopped for longer than its session. Others get the item only when the session has ended, and when the process goes on,
// it cannot write any more.
func TestPartition_PausedProcess(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	must(t, c.Create(t.Context(), "/register", nil))
	cmd, in, says := startSelf(t, asTaker, servers)
	var fence int64
	if !says.Scan() {
		t.Fatal(says.Err())
	} else if _, err := fmt.Sscanf(says.Text(), "gained %d", &fence); err != nil {
		t.Fatal(says.Text(), err)
	}
	p := recipe.Partition(c, "/jobs", []string{"item"}, recipe.WithIdentifier("next"))
	poll(t, "both members", func() bool { return len(names(t, c, "/jobs/members")) == 2 })
	if _, ok := p.Poll(); ok || !slices.ContainsFunc(names(t, c, "/jobs/locks/item"), func(string) bool { return true }) {
		t.Error("two have gained the item, or nobody holds its lock")
	}
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	for e, err := range p.All(t.Context()) {
		if err != nil || e.Kind != recipe.Gained || e.Share.Fence() <= fence {
			t.Fatalf("%+v, %v, after fence %d", e, err, fence)
		}
		must(t, e.Share.Multi(t.Context(), zkasync.SetOp("/register", []byte("mine"), zkasync.AnyVersion)))
		fmt.Fprintln(in, "write")
		if err := cmd.Process.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"written true", "lost "} {
			if !says.Scan() || !strings.HasPrefix(says.Text(), want) {
				t.Errorf("%s, %v; want %s", says.Text(), says.Err(), want)
			}
		}
		closed := p.Close()
		e.Share.Unlock()
		must(t, closed)
		break
	}
	if n := must(t, c.Get(t.Context(), "/register")); string(n.Data) != "mine" {
		t.Errorf("the register holds %q", n.Data)
	}
}
