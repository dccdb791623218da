package recipe_test

import (
	"fmt"
	"testing"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// Any one request of a lock is lost, its answer is lost, or it is throttled. The lock still works, has one holder at a time, and leaves
// nothing behind.
func TestMutex_LosesAnyOneRequest(t *testing.T) {
	t.Parallel()
	for _, op := range []zktest.Op{zktest.OpAnyCreate, zktest.OpExists, zktest.OpGetChildren2, zktest.OpGetData, zktest.OpDelete} {
		for name, fault := range map[string]zktest.Fault{
			"lost":        {When: zktest.Before, Do: zktest.Drop()},
			"answer lost": {When: zktest.After, Do: zktest.Drop()},
			"throttled":   {When: zktest.Before, Do: zktest.Fail(zkasync.ErrThrottled)},
		} {
			for skip := range 3 {
				t.Run(fmt.Sprintf("%v %s, %d before", op, name, skip), func(t *testing.T) {
					t.Parallel()
					fault := fault
					srv := zktest.Run(t)
					addr, err := srv.Listen("127.0.0.1:0")
					if err != nil {
						t.Fatal(err)
					}
					c := connect(t, addr)
					fault.Op, fault.Path, fault.Skip, fault.Count = op, "/lock/**", skip, 1
					if op == zktest.OpGetChildren2 {
						fault.Path = "/lock"
					}
					struck := srv.Fault(fault)
					m, behind := recipe.NewMutex(c, "/lock", recipe.WithLease(recipe.UntilLost)), recipe.NewMutex(c, "/lock")
					other := connect(t, addr)
					queued := func() int {
						l, err := get(other.Children(t.Context(), "/lock"))
						if err != nil {
							return 1 // the fault has struck this request
						}
						return len(l.Names)
					}
					for range 3 {
						held := must(t, m.Lock(t.Context()))
						next := behind.Lock(t.Context())
						poll(t, "two in the queue", func() bool { return queued() >= 2 })
						if next.Ready() && held.Context().Err() == nil {
							t.Fatal("two hold the lock at once")
						}
						held.Unlock()
						must(t, must(t, next).Unlock())
					}
					poll(t, "nothing left", func() bool { return queued() == 0 })
					if struck.Fired() != 1 && op != zktest.OpGetData { // a contender that is woken early may read no data
						t.Error("the fault did not strike")
					}
				})
			}
		}
	}
}
