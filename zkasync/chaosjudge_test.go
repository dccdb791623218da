package zkasync_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// complain records a contradiction, for which judge decides who is to blame.
func (x *chaos) complain(format string, args ...any) { x.wrong.add(fmt.Sprintf(format, args...)) }

// judge reports the contradictions, unless ZooKeeper itself has one: if servers are frozen and killed as here, a server that
// comes back sometimes has another tree than the others (ZOOKEEPER-4646 and similar). Then nothing can be said about what
// clients have read from it.
func (x *chaos) judge() {
	wrong := x.wrong.all()
	if len(wrong) == 0 {
		return
	}
	differences := x.compareServers()
	for i, complaint := range wrong[:min(len(wrong), maxComplaints)] {
		if len(differences) > 0 {
			complaint = "not held against the client: " + complaint
		}
		x.t.Logf("%d of %d: %s", i+1, len(wrong), complaint)
	}
	if len(differences) == 0 {
		x.t.Errorf("%d contradictions", len(wrong))
		return
	}
	x.t.Logf("the servers hold different trees:\n%s", strings.Join(differences, "\n"))
}

// compareServers asks each server for everything that the run has created, and returns the differences.
func (x *chaos) compareServers() (differences []string) {
	if x.ens == nil {
		return nil
	}
	var trees []map[string]string
	for _, s := range x.ens.Servers() {
		trees = append(trees, x.treeOf(s))
	}
	for i, tree := range trees {
		next := trees[(i+1)%len(trees)]
		for path, content := range tree {
			if other, there := next[path]; !there || other != content {
				differences = append(differences, fmt.Sprintf("    %s has %s (%s), the next one %q", x.ens.Servers()[i].Addr(), path, content, other))
			}
		}
	}
	slices.Sort(differences)
	return differences[:min(len(differences), maxComplaints)]
}

func (x *chaos) treeOf(s *zkserver.Server) map[string]string {
	ctx := testContext(x.t)
	c, err := zkasync.Connect(ctx, s.Addr())
	if err != nil {
		x.t.Fatal(err)
	}
	defer func() { x.must(c.Close()) }()
	tree := make(map[string]string)
	must(x.t, c.Sync(ctx, "/"))
	for _, r := range x.regs {
		node := must(x.t, c.Get(ctx, r.path))
		tree[r.path] = fmt.Sprintf("version %d, %s", node.Stat.Version, node.Data)
	}
	for _, cc := range x.clients {
		for _, name := range must(x.t, c.Children(ctx, cc.log.path)).Names {
			tree[cc.log.path+"/"+name] = "created"
		}
	}
	return tree
}

// tally counts outcomes for the report.
type tally struct {
	mu sync.Mutex
	n  map[string]int
}

func (y *tally) add(what string) {
	y.mu.Lock()
	defer y.mu.Unlock()
	if y.n == nil {
		y.n = make(map[string]int)
	}
	y.n[what]++
}

func (y *tally) String() string {
	y.mu.Lock()
	defer y.mu.Unlock()
	var parts []string
	for what, n := range y.n {
		parts = append(parts, fmt.Sprintf("%d %s", n, what))
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

// kindOf names an outcome.
func kindOf(err error) string {
	var e *zkasync.OpError
	switch {
	case err == nil:
		return "acknowledged"
	case asOpError(err, &e):
		return e.Outcome.String()
	default:
		return "failed otherwise"
	}
}
