package recipe_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

func TestElection_FailsOver(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	fails(t, recipe.NewElection(c, "/leader").Leader(t.Context()), recipe.ErrNoLeader)
	second := connect(t, servers)
	held := must(t, recipe.NewElection(c, "/leader").Campaign(t.Context(), []byte("one:80")))
	waits := recipe.NewElection(second, "/leader").Campaign(t.Context(), []byte("two:80"))
	poll(t, "two candidates", func() bool {
		return len(must(t, recipe.NewElection(c, "/leader").Candidates(t.Context()))) == 2
	})
	leader := must(t, recipe.NewElection(second, "/leader").Leader(t.Context()))
	if leader.Identifier != "one:80" || leader.Fence != held.Fence() || leader.SessionID != c.Session().ID || leader.Path != held.Path() {
		t.Errorf("leader %+v", leader)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	<-held.Done()
	var end *zkasync.SessionEndError
	if cause := context.Cause(held.Context()); !errors.As(cause, &end) || end.State != zkasync.StateClosed {
		t.Errorf("cause %v", cause)
	}
	must(t, must(t, waits).Unlock())
	fails(t, recipe.NewElection(c, "/leader").Campaign(t.Context(), nil), zkasync.ErrClosed)
}

// An observer sees each leader that stays, and when nobody leads, whatever happens to the path.
func TestElection_Observe(t *testing.T) {
	t.Parallel()
	_, c := place(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	e := recipe.NewElection(c, "/deep/leader")
	next := make(chan string)
	over := make(chan error, 1)
	go func() {
		for leader, err := range e.Observe(ctx).All(context.Background()) {
			if err != nil {
				over <- err
				return
			}
			next <- leader.Identifier
		}
	}()
	want := func(value string) {
		t.Helper()
		within(t, "leader "+value, func() {
			if got := <-next; got != value {
				t.Errorf("saw %q, want %q", got, value)
			}
		})
	}
	want("")
	for i := range 5 {
		value := fmt.Sprint(i)
		held := must(t, e.Campaign(t.Context(), []byte(value)))
		want(value)
		if i == 2 {
			must(t, c.Set(t.Context(), held.Path(), []byte("moved"), zkasync.AnyVersion))
			want("moved")
		}
		if i == 3 {
			must(t, c.DeleteAll(t.Context(), "/deep"))
		} else {
			must(t, held.Unlock())
		}
		want("")
	}
	first := must(t, e.Campaign(t.Context(), []byte("first")))
	want("first")
	behind := recipe.NewElection(c, "/deep/leader").Campaign(t.Context(), []byte("behind"))
	poll(t, "two candidates", func() bool { return len(must(t, e.Candidates(t.Context()))) == 2 })
	first.Unlock()
	must(t, behind)
	want("behind")
	cancel()
	within(t, "the end", func() {
		if err := <-over; !errors.Is(err, context.Canceled) {
			t.Errorf("it ends with %v", err)
		}
	})
}

// The channel, callbacks and Latest show the same leaders; a slow reader gets the newest. They end with the client.
func TestLeaders_ChannelCallbacksAndLatest(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	watcher := connect(t, servers)
	e := recipe.NewElection(c, "/leader")
	leaders := recipe.NewElection(watcher, "/leader").Observe(t.Context())
	seen, early := make(chan string, 100), make(chan string, 100)
	removeEarly := leaders.OnChange(func(leader recipe.Contender) { early <- leader.Identifier })
	poll(t, "nobody leads", func() bool { _, known := leaders.Latest(); return known })
	remove := leaders.OnChange(func(leader recipe.Contender) { seen <- leader.Identifier })
	defer remove()
	within(t, "the callbacks for nobody", func() {
		if got := <-early + <-seen; got != "" {
			t.Errorf("saw %q", got)
		}
	})
	removeEarly()
	held := must(t, e.Campaign(t.Context(), []byte("one")))
	within(t, "the callback for one", func() {
		if got := <-seen; got != "one" {
			t.Errorf("saw %q", got)
		}
	})
	if latest, known := leaders.Latest(); !known || latest.Fence != held.Fence() {
		t.Errorf("latest %+v", latest)
	}
	within(t, "the channel", func() {
		if got := <-leaders.C(); got.Identifier != "one" { // the state before, that nobody leads, was replaced
			t.Errorf("saw %+v", got)
		}
	})
	if leaders.Err() != nil {
		t.Errorf("ended: %v", leaders.Err())
	}
	if err := watcher.Close(); err != nil {
		t.Fatal(err)
	}
	within(t, "the end", func() { <-leaders.Done() })
	for leader, err := range leaders.All(t.Context()) {
		if err != leaders.Err() {
			t.Errorf("leader %v after the end, %v", leader, err)
		}
	}
	if !errors.Is(leaders.Err(), zkasync.ErrClosed) || len(early) > 0 {
		t.Errorf("ended with %v, %d calls of a removed callback", leaders.Err(), len(early))
	}
	closed := e.Observe(t.Context())
	closed.Close()
	if !errors.Is(closed.Err(), recipe.ErrReleased) {
		t.Errorf("closed with %v", closed.Err())
	}
}

// An observer goes on across outages.
func TestLeaders_GoOnAcrossOutages(t *testing.T) {
	t.Parallel()
	c, twin, p := proxied(t)
	leaders := recipe.NewElection(c, "/leader").Observe(t.Context())
	defer leaders.Close()
	e := recipe.NewElection(twin, "/leader")
	for i := range 5 {
		held := must(t, e.Campaign(t.Context(), fmt.Append(nil, i)))
		p.Cut()
		poll(t, "the leader is seen", func() bool { latest, _ := leaders.Latest(); return latest.Identifier == fmt.Sprint(i) })
		must(t, held.Unlock())
		poll(t, "nobody is seen", func() bool { latest, _ := leaders.Latest(); return latest.Path == "" })
	}
}
