package recipe_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// In virtual time: a lease has one holder until its end and not longer, and that holder can renew it. Times are in whole seconds, as
// the znode stores them.
func TestTimedLease_EndsByTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := zktest.Run(t)
		c, err := zkasync.Connect(t.Context(), srv.Addr(), srv.Options()...)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		ctx := t.Context()
		lease := func(id string) *recipe.TimedLease {
			return recipe.NewTimedLease(c, "/lease", 10*time.Second+300*time.Millisecond, recipe.WithIdentifier(id))
		}
		time.Sleep(400 * time.Millisecond)
		begun := time.Now()
		until := must(t, lease("one").Obtain(ctx))
		if want := begun.Add(10*time.Second + 300*time.Millisecond).Truncate(time.Second); !until.Equal(want) {
			t.Errorf("until %v, want %v", until, want)
		}
		var taken *recipe.LeaseTakenError
		if err := fails(t, lease("two").Obtain(ctx), recipe.ErrLocked); !errors.As(err, &taken) || taken.Holder != "one" || !taken.End.Equal(until) {
			t.Errorf("error %v", err)
		}
		time.Sleep(5 * time.Second)
		renewed := must(t, lease("one").Obtain(ctx))
		if !renewed.Equal(until.Add(5 * time.Second)) {
			t.Errorf("renewed until %v, want 5 s more than %v", renewed, until)
		}
		time.Sleep(time.Until(renewed) - time.Millisecond)
		fails(t, lease("two").Obtain(ctx), recipe.ErrLocked)
		time.Sleep(time.Millisecond)
		must(t, lease("two").Obtain(ctx))
		fails(t, lease("one").Obtain(ctx), recipe.ErrLocked)
		if left := must(t, c.Children(ctx, "/lease")).Names; len(left) != 1 {
			t.Errorf("left: %q, want only the lease", left)
		}
	})
}

func TestTimedLease_ManyTryAtOnce(t *testing.T) {
	t.Parallel()
	_, c := place(t)
	const hosts, most = 12, 3
	got := make(chan error, hosts)
	for i := range hosts {
		l := recipe.NewTimedLeases(c, "/deep/leases", most, time.Hour, recipe.WithIdentifier(fmt.Sprint(i)))
		l.Obtain(t.Context()).OnDone(func(_ time.Time, err error) { got <- err })
	}
	obtained := 0
	for range hosts {
		switch err := <-got; {
		case err == nil:
			obtained++
		case !errors.Is(err, recipe.ErrLocked):
			t.Error(err)
		}
	}
	if obtained != most {
		t.Errorf("%d have one, want %d", obtained, most)
	}
}

func TestTimedLease_KeepsUnknownData(t *testing.T) {
	t.Parallel()
	_, c := place(t)
	l := recipe.NewTimedLease(c, "/lease", time.Hour, recipe.WithIdentifier("me"))
	must(t, c.EnsurePath(t.Context(), "/lease/lease_holder"))
	for _, data := range []string{"", "x", `{"version": 2, "holder": "me", "end": "2001-01-01T00:00:00"}`, `{"version": 1, "end": "2001-01-01T00:00:00"}`,
		`{"version": 1, "holder": "me", "end": "yesterday"}`} {
		must(t, c.Set(t.Context(), "/lease/lease_holder", []byte(data), zkasync.AnyVersion))
		if err := fails(t, l.Obtain(t.Context())); errors.Is(err, recipe.ErrLocked) {
			t.Errorf("%s: %v", data, err)
		}
		if got := must(t, c.Get(t.Context(), "/lease/lease_holder")); string(got.Data) != data {
			t.Errorf("%s was replaced by %s", data, got.Data)
		}
	}
	fails(t, recipe.NewTimedLease(c, "/lease", time.Millisecond).Obtain(t.Context()))
	fails(t, recipe.NewTimedLeases(c, "/lease", 0, time.Hour).Obtain(t.Context()))
	ended, end := context.WithCancel(t.Context())
	end()
	fails(t, l.Obtain(ended), context.Canceled)
}

// kazoo's holders and ours exclude each other, recognize each other by the identifier, and follow each other without a gap.
func TestInterop_TimedLease(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	kazoo := startKazoo(t, servers)
	lease := func(path, id string) *recipe.TimedLease {
		return recipe.NewTimedLease(c, path, time.Hour, recipe.WithIdentifier(id))
	}
	kazoo.do("True", `lease /kazoo 0 one"<ü 3600`)
	var taken *recipe.LeaseTakenError
	if err := fails(t, lease("/kazoo", "two").Obtain(t.Context()), recipe.ErrLocked); !errors.As(err, &taken) || taken.Holder != `one"<ü` {
		t.Errorf("error %v", err)
	}
	must(t, lease("/kazoo", `one"<ü`).Obtain(t.Context())) // the identifier is that of the present holder

	must(t, lease("/ours", `one"<ü`).Obtain(t.Context()))
	kazoo.do("False", "lease /ours 0 two 3600")
	kazoo.do("True", `lease /ours 0 one"<ü 3600`)

	kazoo.do("True", "lease /short 0 one 2")
	err := fails(t, lease("/short", "two").Obtain(t.Context()), recipe.ErrLocked)
	if !errors.As(err, &taken) {
		t.Fatal(err)
	}
	poll(t, "its end", func() bool { _, err := get(lease("/short", "two").Obtain(t.Context())); return err == nil })
	if time.Now().Before(taken.End) {
		t.Errorf("ended before %v", taken.End)
	}
	kazoo.do("False", "lease /short 0 one 2")

	many := func(id string) *recipe.TimedLease {
		return recipe.NewTimedLeases(c, "/many", 2, time.Hour, recipe.WithIdentifier(id))
	}
	kazoo.do("True", "lease /many 2 one 3600")
	must(t, many("two").Obtain(t.Context()))
	fails(t, many("three").Obtain(t.Context()), recipe.ErrLocked)
	kazoo.do("False", "lease /many 2 four 3600")
	must(t, many("two").Obtain(t.Context()))
}
