package recipe_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

// The channel has only the newest state, callbacks are called one after the other, and neither affects the other.
func TestRoster_ChannelAndCallbacks(t *testing.T) {
	t.Parallel()
	_, c := place(t)
	g := recipe.NewGroup(c, "/group")
	r := g.Roster(t.Context())
	defer r.Close()
	states := r.C()
	arrives(t, states, "")
	told := make(chan []recipe.Member, 100)
	remove := r.OnChange(func(members []recipe.Member) { told <- members })
	arrives(t, told, "")
	must(t, g.Join("a", []byte("1")).Ready())
	arrives(t, told, "a=1")
	must(t, g.Join("b", []byte("2")).Ready())
	arrives(t, told, "a=1 b=2")
	if got := roll(<-states); got != "a=1 b=2" {
		t.Errorf("the channel has %q, which is not the newest state", got)
	}
	remove()
	must(t, g.Join("c", []byte("3")).Ready())
	arrives(t, states, "a=1 b=2 c=3")
	r.OnChange(nil)()
	r.Close()
	for members := range states {
		t.Errorf("after the end: %q", roll(members))
	}
	if len(told) != 0 {
		t.Errorf("after it was removed, the callback was called with %q", roll(<-told))
	}
	r.OnChange(func([]recipe.Member) { t.Error("a callback of a roster that has ended") })
	if _, open := <-r.C(); open {
		t.Error("the channel of a roster that has ended is open")
	}
}

// arrives waits for a state in a channel.
func arrives(t *testing.T, ch <-chan []recipe.Member, want string) {
	t.Helper()
	end := time.After(wait)
	for last := "nothing"; ; {
		select {
		case members, open := <-ch:
			if !open {
				t.Fatalf("closed; the last state was %s, want %s", last, want)
			}
			if last = fmt.Sprint(roll(members)); last == want {
				return
			}
		case <-end:
			t.Fatalf("the last state is %s, want %s", last, want)
		}
	}
}

// A callback that blocks does not delay the channel.
func TestRoster_ChannelBesideABlockedCallback(t *testing.T) {
	t.Parallel()
	_, c := place(t)
	release := make(chan struct{})
	defer close(release)
	c.Exists(t.Context(), "/").OnDone(func(*zk.Stat, error) { <-release })
	g := recipe.NewGroup(c, "/group")
	r := g.Roster(t.Context())
	defer r.Close()
	r.OnChange(func([]recipe.Member) {})
	g.Join("a", []byte("1"))
	arrives(t, r.C(), "a=1")
}
