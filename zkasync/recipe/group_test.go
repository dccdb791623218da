package recipe_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

func TestGroup_Watch(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	g := recipe.NewGroup(c, "/deep/group")
	seen := make(chan string)
	over := make(chan error, 1)
	go func() {
		for members, err := range g.Watch(ctx) {
			if err != nil {
				over <- err
				return
			}
			text := ""
			for _, m := range members {
				text += fmt.Sprintf(" %s=%s", m.Name, m.Data)
			}
			seen <- text
		}
	}()
	want := func(text string) {
		t.Helper()
		within(t, "members"+text, func() {
			for got := <-seen; got != text; got = <-seen { // quick changes may be reported in several steps
			}
		})
	}
	if members := must(t, g.Members(t.Context())); len(members) != 0 {
		t.Errorf("members %v", members)
	}
	want("")
	a := g.Join("a", []byte("1"))
	want(" a=1")
	other := connect(t, servers)
	b := recipe.NewGroup(other, "/deep/group").Join("b", []byte("2"))
	want(" a=1 b=2")
	must(t, b.SetData([]byte("3")))
	want(" a=1 b=3")
	if members := must(t, g.Members(t.Context())); len(members) != 2 || string(members[1].Data) != "3" {
		t.Errorf("members %v", members)
	}
	must(t, a.Close())
	want(" b=3")
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	want("")
	must(t, c.DeleteAll(t.Context(), "/deep"))
	c2 := g.Join("c", nil)
	want(" c=")
	must(t, c2.Close())
	want("")
	cancel()
	within(t, "the end", func() {
		if err := <-over; !errors.Is(err, context.Canceled) {
			t.Errorf("it ends with %v", err)
		}
	})
}

// A member that may not be read is an error, instead of being left out.
func TestGroup_HiddenMember(t *testing.T) {
	t.Parallel()
	_, c := place(t)
	must(t, c.Create(t.Context(), "/group/a", nil, zkasync.MakeParents(), zkasync.WithACL(zk.WorldACL(zk.PermAll))))
	must(t, c.Create(t.Context(), "/group/b", nil, zkasync.WithACL(zk.DigestACL(zk.PermAll, "a", "b"))))
	g := recipe.NewGroup(c, "/group")
	fails(t, g.Members(t.Context()), zk.ErrNoAuth)
	for _, err := range g.Watch(t.Context()) {
		if !errors.Is(err, zk.ErrNoAuth) {
			t.Error(err)
		}
	}
}
