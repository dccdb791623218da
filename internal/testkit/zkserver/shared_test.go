package zkserver

import (
	"strings"
	"testing"
)

func TestShared_IsOneForAll(t *testing.T) {
	t.Parallel()
	var first *Server
	t.Run("first", func(t *testing.T) { first = Shared(t) })
	t.Run("second", func(t *testing.T) {
		if Shared(t) != first || !first.Running() {
			t.Errorf("the second test got another server, or one that is down")
		}
	})
}

func TestRoot_IsTheTestsOwn(t *testing.T) {
	t.Parallel()
	a, b := Root(t), Root(t)
	if a == b || !strings.HasPrefix(a, "/TestRoot_IsTheTestsOwn-") {
		t.Errorf("roots %q and %q", a, b)
	}
	t.Run("a/b c,d", func(t *testing.T) {
		if root := Root(t); strings.Count(root, "/") != 1 || strings.ContainsAny(root, " ,\x00") {
			t.Errorf("root %q", root)
		}
	})
	create(t, connect(t, Shared(t).Addr()), a, "")
}

type countingTests struct{ ran int }

func (c *countingTests) Run() int { c.ran++; return 7 }

func TestMain_RunsAndReturnsTheCode(t *testing.T) {
	t.Parallel()
	var c countingTests
	if code := (stopsShared{&c}).m.Run(); code != 7 || c.ran != 1 {
		t.Errorf("code %d after %d runs", code, c.ran)
	}
}
