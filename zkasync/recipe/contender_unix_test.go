//go:build unix

package recipe_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

// asContender is an environment variable that turns the test binary into a contender like testdata/kazoo_contender.py, but with
// zkasync. Its value has the same arguments, and the lease.
const asContender = "ZKASYNC_RECIPE_TEST_CONTENDER"

// init turns this process into a contender if the variable is set.
func init() {
	args := strings.Fields(os.Getenv(asContender))
	if len(args) == 0 {
		return
	}
	if err := contend(args); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("done")
	os.Exit(0)
}

func contend(args []string) error {
	seconds, err := strconv.Atoi(args[3])
	if err != nil {
		return err
	}
	ends := time.Now().Add(time.Duration(seconds) * time.Second)
	c, err := zkasync.Connect(context.Background(), args[0], zkasync.WithSessionTimeout(4*time.Second))
	if err != nil {
		return err
	}
	defer c.Close()
	lease := recipe.UntilSuspended
	if args[4] == "lost" {
		lease = recipe.UntilLost
	}
	m := recipe.NewMutex(c, args[1], recipe.WithLease(lease))
	for last := false; !last; time.Sleep(20 * time.Millisecond) {
		last = time.Now().After(ends)
		last = haveTurn(m, args[2]) && last
	}
	return nil
}

// haveTurn tries to lock, writes while holding the lock, and unlocks. It reports whether it got the lock.
func haveTurn(m *recipe.Mutex, register string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	held, err := m.Lock(ctx).Get(context.Background())
	if err != nil {
		return false
	}
	start := time.Now()
	var stopped time.Time
	stop := sync.OnceFunc(func() { stopped = time.Now() })
	lost := context.AfterFunc(held.Context(), stop)
	for range 3 { // without checking the context, since the servers refuse late writes
		write := zkasync.CreateOp(register+"/w-", fmt.Appendf(nil, "%d zkasync", held.Fence()), zkasync.Sequential())
		_, _ = held.Multi(context.Background(), write).Get(context.Background())
		time.Sleep(10 * time.Millisecond)
	}
	lost()
	stop()
	fmt.Println("held", held.Fence(), start.UnixNano(), stopped.UnixNano())
	held.Unlock()
	return true
}
