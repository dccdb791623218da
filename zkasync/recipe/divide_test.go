package recipe

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// division returns the owner of each item, as the members compute it, and checks that each item has exactly one.
func division(t *testing.T, rule func(string, []string, []string) map[string]bool, members, items []string) map[string]string {
	t.Helper()
	owner := make(map[string]string)
	for _, me := range members {
		for item, mine := range rule(me, members, items) {
			if mine && owner[item] != "" {
				t.Fatalf("%s belongs to both %s and %s", item, owner[item], me)
			}
			if mine {
				owner[item] = me
			}
		}
	}
	if len(owner) != len(items) {
		t.Fatalf("%d of %d items have an owner", len(owner), len(items))
	}
	return owner
}

func some(n int, name string) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("%s-%d", name, i))
	}
	return all
}

// A new member gets some items, and no other item moves.
func TestDivide_MovesOnlyWhatMustMove(t *testing.T) {
	t.Parallel()
	items := some(1000, "queue")
	members := some(12, "host")
	for n := 1; n < len(members); n++ {
		before, after := division(t, rendezvous, members[:n], items), division(t, rendezvous, members[:n+1], items)
		moved := 0
		for item, owner := range after {
			if owner != before[item] {
				moved++
				if owner != members[n] {
					t.Errorf("with %d members, %s went from %s to %s", n+1, item, before[item], owner)
				}
			}
		}
		if fair := len(items) / (n + 1); moved < fair*2/3 || moved > fair*3/2 {
			t.Errorf("with %d members the newcomer has %d, want about %d", n+1, moved, fair)
		}
	}
}

// The division must not change from release to release, since members may run different ones.
func TestDivide_IsAlwaysTheSame(t *testing.T) {
	t.Parallel()
	owner := division(t, rendezvous, []string{"host1", "host2", "host3"}, []string{"a", "b", "c", "d", "ä", "queue-1"})
	if got := fmt.Sprint(owner); got != "map[a:host1 b:host1 c:host2 d:host3 queue-1:host2 ä:host3]" {
		t.Error(got)
	}
	if got := weight("host1", "a"); got != 11954333001740865319 {
		t.Errorf("weight %d", got)
	}
	mine := rendezvous("a", []string{"a", "b", "a"}, []string{"x", "y"})
	if alone := rendezvous("a", []string{"b", "a"}, []string{"x", "y"}); fmt.Sprint(mine) != fmt.Sprint(alone) {
		t.Errorf("%v with a member listed twice, %v without", mine, alone)
	}
}

func TestDivide_InTurnsAsKazoo(t *testing.T) {
	t.Parallel()
	members, items := []string{"c", "a", "b"}, []string{"5", "1", "4", "2", "3", "7", "6"}
	for me, want := range map[string]string{"a": "1 4 7", "b": "2 5", "c": "3 6"} {
		var got []string
		for item := range inTurns(me, members, items) {
			got = append(got, item)
		}
		if slices.Sort(got); strings.Join(got, " ") != want {
			t.Errorf("%s has %v, want %s", me, got, want)
		}
	}
	division(t, inTurns, members, items)
	if mine := inTurns("a", []string{"b", "a"}, nil); len(mine) != 0 {
		t.Error(mine)
	}
}
