package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
)

// Every client that is installed does its task, says what each work took, and leaves nothing.
func TestContenders_DoTheirTask(t *testing.T) {
	t.Parallel()
	k := task{addr: zkserver.Shared(t).Addr(), n: 50, depth: 8}
	b, err := newBlocking(t.Context(), k.addr, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	all := contenders(t.Context(), t.TempDir())
	if len(all) < contestsOfGo || !strings.HasPrefix(all[contestsOfGo-1].name, "go-zookeeper") {
		t.Fatalf("%d contenders", len(all))
	}
	for i, c := range all {
		k.root = zkserver.Root(t) + string(rune('a'+i))
		taken, err := c.do(t.Context(), k)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		for _, work := range workNames {
			if taken[work] <= 0 {
				t.Errorf("%s does not say what %s took", c.name, work)
			}
		}
		if there, _, err := b.conn.Exists(k.root); err != nil || there {
			t.Errorf("%s leaves %s, %v", c.name, k.root, err)
		}
		if _, err := c.do(t.Context(), task{k.addr, k.root + "/none/none", 1, 1}); err == nil {
			t.Errorf("%s does not say that it failed", c.name)
		}
	}
}

func TestReadTook(t *testing.T) {
	t.Parallel()
	taken, err := readTook("create 0.5\nget 2\nget 1.25\r\ndelete 1e-3\n")
	if err != nil || taken[workGet].Milliseconds() != 250 || taken[workDelete].Microseconds() != 1000 {
		t.Errorf("%v, %v", taken, err)
	}
	for _, text := range []string{"", "create 1\nget 1\n", "create 1\nget x\ndelete 1", "create 1\nget 0\ndelete 1", "nonsense"} {
		if taken, err := readTook(text); err == nil {
			t.Errorf("%q is %v", text, taken)
		}
	}
}

func TestEachBlocking_DoesAllAndTellsFailures(t *testing.T) {
	t.Parallel()
	seen := make([]bool, 3*treeDepth)
	err := eachBlocking(len(seen), func(i int) error {
		seen[i] = true
		if i == 7 {
			return zk.ErrNoNode
		}
		return nil
	})
	if !errors.Is(err, zk.ErrNoNode) {
		t.Error(err)
	}
	for i, done := range seen {
		if !done {
			t.Fatalf("%d was not done", i)
		}
	}
}
