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
	// disturbance is how long faults strike, patience how long after their end everything must have come right.
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
	quiet chan struct{} // closed when they have
	stamp atomic.Int64  // orders what happens, for histories
	tally *tally
	parts uint64 // so many actors and nemeses draw

	actors sync.WaitGroup

	mu      sync.Mutex
	trouble []string
	cleared map[string]int64 // the folders that were deleted by hand, with the zxid of the last time
}

// random returns the draws of one of those who take part.
func (w *world) random(who uint64) *rand.Rand { return rand.New(rand.NewPCG(w.seed, who)) }

// disturbed reports whether faults still strike.
func (w *world) disturbed() bool { return time.Now().Before(w.calm) }

// now is the next point in a history.
func (w *world) now() int64 { return w.stamp.Add(1) }

// fail notes what is wrong. The test goes on, so that all is seen.
func (w *world) fail(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := fmt.Sprintf(format, args...)
	w.trouble = append(w.trouble, text)
	w.say("WRONG: %s", text)
}

// say tells what happens to whoever repeats one schedule.
func (w *world) say(format string, args ...any) {
	if w.tally.verbose {
		w.t.Logf("%9.6f  %s", disturbance.Seconds()-time.Until(w.calm).Seconds(), fmt.Sprintf(format, args...))
	}
}

// await waits for what must complete.
func await[T any](w *world, what string, f *future.Future[T]) (T, error) {
	ctx, cancel := context.WithDeadline(context.Background(), w.calm.Add(patience))
	defer cancel()
	v, err := f.Get(ctx)
	if ctx.Err() != nil && !f.Ready() {
		w.fail("%s: does not complete", what)
	}
	return v, err
}

// zxid is the last one that was given.
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

// clear deletes a folder with all that is in it, as somebody would who cleans up.
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

// wasCleared reports whether a znode made at a zxid has been deleted by hand.
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

// eventually waits until a condition holds, now that nothing is disturbed.
func (w *world) eventually(what string, holds func() bool) {
	for end := time.Now().Add(time.Minute); !holds(); time.Sleep(time.Second) {
		if time.Now().After(end) {
			w.fail("never: %s", what)
			return
		}
	}
}

// leftovers are the znodes below the folders that are still there.
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
