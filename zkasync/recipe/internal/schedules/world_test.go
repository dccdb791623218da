package schedules

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

const (
	// disturbance is how long faults strike. patience is how long everything may take to recover after that.
	disturbance = 20 * time.Second
	patience    = 3 * time.Minute
)

// world is one schedule.
type world struct {
	t     *testing.T
	seed  uint64
	ens   *zktest.Ensemble
	procs []*process
	calm  time.Time     // when the faults end
	quiet chan struct{} // closed when the faults have ended
	stamp atomic.Int64  // the time in histories
	tally *tally
	parts uint64 // the last number of an actor, for random

	actors sync.WaitGroup

	mu      sync.Mutex
	trouble []string
	cleared map[string]int64 // the folders that were deleted by hand, with the zxid of the last time
}

// random returns the random numbers of the participant with this number.
func (w *world) random(who uint64) *rand.Rand { return rand.New(rand.NewPCG(w.seed, who)) }

// disturbed reports whether faults still strike.
func (w *world) disturbed() bool { return time.Now().Before(w.calm) }

// now returns the next point in time for histories.
func (w *world) now() int64 { return w.stamp.Add(1) }

// fail records what is wrong. The schedule goes on.
func (w *world) fail(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := fmt.Sprintf(format, args...)
	w.trouble = append(w.trouble, text)
	w.say("WRONG: %s", text)
}

// say logs what happens, if only one schedule is run, and verbosely.
func (w *world) say(format string, args ...any) {
	if w.tally.verbose {
		w.t.Logf("%9.6f  %s", disturbance.Seconds()-time.Until(w.calm).Seconds(), fmt.Sprintf(format, args...))
	}
}

// await waits for a future that must complete.
func await[T any](w *world, what string, f *future.Future[T]) (T, error) {
	ctx, cancel := context.WithDeadline(context.Background(), w.calm.Add(patience))
	defer cancel()
	v, err := f.Get(ctx)
	if ctx.Err() != nil && !f.Ready() {
		w.fail("%s: the future does not complete", what)
	}
	return v, err
}

// zxid returns the newest zxid of all servers.
func (w *world) zxid() (last int64) {
	for _, s := range w.ens.Servers() {
		last = max(last, s.Zxid())
	}
	return last
}

// knows reports whether the servers know a session.
func (w *world) knows(session int64) bool {
	return slices.ContainsFunc(w.ens.Servers()[0].Sessions(), func(s zktest.SessionInfo) bool { return s.ID == session })
}

// clear deletes a folder with everything in it, like somebody who cleans up by hand.
func (w *world) clear(path string) {
	leader := w.ens.Leader()
	if leader == nil {
		return
	}
	const during = 1<<63 - 1
	w.setCleared(path, during)
	if leader.Delete(path) == nil {
		w.say("%s is deleted", path)
	}
	w.setCleared(path, w.zxid())
}

func (w *world) setCleared(path string, zxid int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cleared[path] = zxid
}

// wasCleared reports whether a znode that was created with this zxid has been deleted by hand.
func (w *world) wasCleared(path string, zxid int64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for folder, at := range w.cleared {
		if strings.HasPrefix(path, folder+"/") && zxid <= at {
			return true
		}
	}
	return false
}

// eventually waits until a condition holds, which it must within a minute.
func (w *world) eventually(what string, holds func() bool) {
	for end := time.Now().Add(time.Minute); !holds(); time.Sleep(time.Second) {
		if time.Now().After(end) {
			w.fail("never: %s", what)
			return
		}
	}
}

// leftovers returns the znodes that still exist below the folders.
func (w *world) leftovers(folders []string) (all []string) {
	leader := w.ens.Leader()
	if leader == nil {
		return []string{"no server leads"}
	}
	for _, line := range strings.Split(leader.Tree(), "\n") {
		if slices.ContainsFunc(folders, func(folder string) bool { return strings.HasPrefix(line, folder+"/") }) {
			all = append(all, line)
		}
	}
	return all
}
