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

// An observer sees each leader that stays, and that there is none, whatever becomes of the path.
func TestElection_Observe(t *testing.T) {
	t.Parallel()
	_, c := place(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	e := recipe.NewElection(c, "/deep/leader")
	next := make(chan string)
	over := make(chan error, 1)
	go func() {
		for leader, err := range e.Observe(ctx) {
			if err != nil {
				over <- err
				return
			}
			next <- leader.Identifier
		}
		over <- nil
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
