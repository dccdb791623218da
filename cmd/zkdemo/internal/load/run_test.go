package load

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
)

// clients returns a client of each kind, both with the same chroot.
func clients(t *testing.T) (*zkasync.Client, []Client) {
	t.Helper()
	c, servers := connect(t)
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	blocking, err := OpenBlocking(ctx, servers, 10*time.Second, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(blocking.Close)
	return c, []Client{Async(c), blocking}
}

func TestRun_DoesExactlyTheCountInTurns(t *testing.T) {
	t.Parallel()
	c, both := clients(t)
	for _, op := range Ops {
		var turns []string
		p := Plan{Op: op, Depth: 7, Size: 20, Keys: 5, Count: 100, Rounds: 3, Root: "/bench"}
		measures, err := Run(t.Context(), c, p, both, func(round int, client string) {
			turns = append(turns, fmt.Sprint(round, client))
		})
		if err != nil {
			t.Fatalf("%s: %v", op, err)
		}
		for _, m := range measures {
			if m.Ops != 100 || m.Latency.TotalCount() != 100 || m.Elapsed <= 0 || m.Allocs == 0 {
				t.Errorf("%s, %s: %+v", op, m.Client, m)
			}
		}
		want := []string{"0zkasync", "0go-zookeeper", "1zkasync", "1go-zookeeper", "2zkasync", "2go-zookeeper"}
		if !slices.Equal(turns, want) {
			t.Errorf("%s: turns %v", op, turns)
		}
		nothingLeft(t, c)
	}
}

func TestRun_StopsAtTheTime(t *testing.T) {
	t.Parallel()
	c, both := clients(t)
	p := Plan{Op: Get, Depth: 10, Size: 1, Keys: 10, For: 100 * time.Millisecond, Rounds: 2, Root: "/bench"}
	measures, err := Run(t.Context(), c, p, both, func(int, string) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range measures {
		if m.Ops == 0 || m.Elapsed < p.For {
			t.Errorf("%s: %d requests in %v", m.Client, m.Ops, m.Elapsed)
		}
	}
	nothingLeft(t, c)
}

func TestRun_EndsWithItsContextAndCleansUp(t *testing.T) {
	t.Parallel()
	c, both := clients(t)
	for i, client := range both {
		ctx, stop := context.WithCancelCause(t.Context())
		cause := errors.New("interrupted")
		p := Plan{Op: Create, Depth: 10, Size: 1, For: time.Minute, Rounds: 1, Root: "/bench"}
		timer := time.AfterFunc(200*time.Millisecond, func() { stop(cause) })
		started := time.Now()
		_, err := Run(ctx, c, p, both[i:i+1], func(int, string) {})
		timer.Stop()
		stop(nil)
		if !errors.Is(err, cause) || time.Since(started) > 20*time.Second {
			t.Errorf("%s: %v after %v", client.Name(), err, time.Since(started))
		}
		nothingLeft(t, c)
	}
}

func TestDrive_ReportsTheFirstFailure(t *testing.T) {
	t.Parallel()
	c, _ := connect(t)
	if _, err := c.Create(t.Context(), "/there", nil).Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	a := Async(c).(asyncClient)
	w := newWork(Get, "/", 10, 0)
	w.keys = []string{"/there", "/there", "/there", "/missing"}
	done, err := a.run(t.Context(), w, 2, limit{count: 100}, newRecorder())
	if !errors.Is(err, zk.ErrNoNode) || done < 3 || done > 4 {
		t.Errorf("done %d, %v", done, err)
	}
	if _, err := c.Delete(t.Context(), "/there", zkasync.AnyVersion).Get(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestOpenBlocking_GivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer stop()
	if b, err := OpenBlocking(ctx, "127.0.0.1:1", 4*time.Second, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, %v", b, err)
	}
}

func TestLimit_EndsByCountOrByTime(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for _, tt := range []struct {
		l    limit
		i    int64
		over bool
	}{
		{limit{}, 1 << 40, false},
		{limit{count: 3}, 2, false},
		{limit{count: 3}, 3, true},
		{limit{until: now.Add(1)}, 9, false},
		{limit{until: now}, 0, true},
	} {
		if got := tt.l.over(tt.i, now); got != tt.over {
			t.Errorf("%+v at %d: %v", tt.l, tt.i, got)
		}
	}
	var sum int64
	for round := range 7 {
		sum += share(100, 7, round)
	}
	if sum != 100 {
		t.Errorf("the rounds' shares add up to %d of 100", sum)
	}
}
