package zktest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// A session whose client is silent ends at the first tick after its timeout, by the clock of the bubble.
func TestTime_SessionExpiresAtATick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := zktest.Run(t) // ticks of 2 s
		start := time.Now()
		time.Sleep(500 * time.Millisecond)
		silent := openRaw(t, srv) // with a session timeout of 10 s, from 0.5 s on
		silent.send(wire.OpCreate, cat(str("/silent"), null, acls(open), num(1)))
		if _, _, err := silent.reply(); err != nil {
			t.Fatal(err)
		}
		watcher := connect(t, srv)
		w, err := watcher.ExistsW(t.Context(), "/silent").Get(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if e, err := w.Event.Get(t.Context()); err != nil || e.Path != "/silent" {
			t.Errorf("event %v, %v", e, err)
		}
		if d := time.Since(start); d != 12*time.Second {
			t.Errorf("the session ended after %v, want 12s", d)
		}
		if _, err := silent.read(); err == nil {
			t.Error("the connection of an expired session is open")
		}
	})
}

// In a bubble, an hour of pings takes no time.
func TestTime_AnHourPassesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := zktest.Run(t)
		c := connect(t, srv)
		id := c.Session().ID
		time.Sleep(time.Hour)
		if again := c.Session().ID; again != id || c.State() != zkasync.StateConnected {
			t.Errorf("session %x became %x, %v", id, again, c.State())
		}
	})
}

// Each request postpones the end of its session.
func TestTime_ManualClock(t *testing.T) {
	t.Parallel()
	clock := zktest.NewClock(time.Unix(1_000_000, 0))
	srv := zktest.Run(t, zktest.WithClock(clock), zktest.WithTick(time.Second))
	a, b := openRaw(t, srv), openRaw(t, srv) // with session timeouts of 10 s
	for range 3 {
		clock.Advance(9 * time.Second)
		a.sendAs(wire.XidPing, wire.OpPing, nil)
		if _, _, err := a.reply(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.read(); err == nil {
		t.Error("a session that was silent for 27s lives")
	}
	clock.Advance(11 * time.Second)
	if _, err := a.read(); err == nil {
		t.Error("a session that was silent for 11s lives")
	}
}

// Containers are deleted once they are empty again, and znodes with a TTL when it has passed since they were last set.
func TestTime_Cleaning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		srv := zktest.Run(t)
		c := connect(t, srv)
		for _, f := range []func() error{
			func() error { _, err := c.Create(ctx, "/used", nil, zkasync.Container()).Get(ctx); return err },
			func() error { _, err := c.Create(ctx, "/used/child", nil).Get(ctx); return err },
			func() error { _, err := c.Create(ctx, "/unused", nil, zkasync.Container()).Get(ctx); return err },
			func() error { _, err := c.Create(ctx, "/lease", nil, zkasync.TTL(90*time.Second)).Get(ctx); return err },
			func() error {
				_, err := c.Create(ctx, "/renewed", nil, zkasync.TTL(90*time.Second)).Get(ctx)
				return err
			},
			func() error { time.Sleep(70 * time.Second); return nil },
			func() error { _, err := c.Delete(ctx, "/used/child", -1).Get(ctx); return err },
			func() error { _, err := c.Set(ctx, "/renewed", nil, -1).Get(ctx); return err },
			func() error { time.Sleep(55 * time.Second); return nil },
		} {
			if err := f(); err != nil {
				t.Fatal(err)
			}
		}
		for path, want := range map[string]bool{"/used": false, "/unused": true, "/lease": false, "/renewed": true} {
			st, err := c.Exists(ctx, path).Get(ctx)
			if got := st != nil; err != nil || got != want {
				t.Errorf("%s exists: %v (%v), want %v", path, got, err, want)
			}
		}
	})
}
