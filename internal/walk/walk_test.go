package walk_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/walk"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tree is a tree that answers reads when it is told to.
type tree struct {
	names   map[string][]string
	open    map[string]*future.Promise[walk.Found[string]]
	asked   []string
	order   []string // of the open reads
	longest int
}

func newTree(paths ...string) *tree {
	t := &tree{names: map[string][]string{}, open: map[string]*future.Promise[walk.Found[string]]{}}
	for _, p := range paths {
		cut := strings.LastIndexByte(p, '/')
		parent := p[:cut]
		if parent == "" {
			parent = "/"
		}
		t.names[parent] = append(t.names[parent], p[cut+1:])
	}
	return t
}

func (t *tree) read(path string) *future.Future[walk.Found[string]] {
	p := future.NewPromise[walk.Found[string]](nil)
	t.open[path] = p
	t.asked = append(t.asked, path)
	t.order = append(t.order, path)
	t.longest = max(t.longest, len(t.order))
	return p.Future()
}

func (t *tree) found(path string) walk.Found[string] {
	return walk.Found[string]{Value: "of " + path, Names: slices.Clone(t.names[path])}
}

// answerAll answers all open reads.
func (t *tree) answerAll() {
	for _, path := range t.order {
		t.open[path].Resolve(t.found(path))
	}
	t.order = nil
}

// answered is a read that is answered at once.
func (t *tree) answered(path string) *future.Future[walk.Found[string]] {
	f := t.read(path)
	t.answerAll()
	return f
}

// preorder returns the paths in the order that a walk promises.
func (t *tree) preorder(path string) (all []string) {
	all = append(all, path)
	names := slices.Sorted(slices.Values(t.names[path]))
	for _, name := range names {
		all = append(all, t.preorder(strings.TrimSuffix(path, "/")+"/"+name)...)
	}
	return all
}

// random returns a tree of about n znodes.
func random(r *rand.Rand, n int) *tree {
	paths := []string{"/"}
	var made []string
	for i := range n {
		parent := paths[r.IntN(len(paths))]
		if r.IntN(3) == 0 {
			parent = paths[len(paths)-1]
		}
		path := strings.TrimSuffix(parent, "/") + fmt.Sprintf("/%x", r.Uint64()^uint64(i))
		paths = append(paths, path)
		made = append(made, path)
	}
	return newTree(made...)
}

func TestTree_IsInOrderWheneverTheAnswersCome(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 1))
		tr := random(r, 500)
		read := func(path string) *future.Future[walk.Found[string]] {
			f := tr.read(path)
			if r.IntN(4) == 0 {
				tr.answerAll()
			}
			return f
		}
		// Answers come only when the walk waits for them: Get then asks the context for its Done.
		ctx := &onDone{Context: t.Context(), fn: tr.answerAll}
		var got []string
		for n, err := range walk.Tree(ctx, "/", read) {
			if err != nil || n.Value != "of "+n.Path {
				t.Fatalf("%+v %v", n, err)
			}
			got = append(got, n.Path)
		}
		if want := tr.preorder("/"); !slices.Equal(got, want) {
			t.Fatalf("seed %d: order\n%q, want\n%q", seed, got, want)
		}
		if slices.Sort(tr.asked); len(slices.Compact(tr.asked)) != len(got) {
			t.Fatalf("seed %d: %d reads for %d znodes", seed, len(tr.asked), len(got))
		}
	}
}

// onDone is a context that calls fn before each wait.
type onDone struct {
	context.Context
	fn func()
}

func (c *onDone) Done() <-chan struct{} {
	c.fn()
	return c.Context.Done()
}

// However many children a znode has, at most Ahead of them are requested before their turn, and these together.
func TestTree_ReadsSoFarAhead(t *testing.T) {
	var paths []string
	for i := range 1000 {
		paths = append(paths, fmt.Sprintf("/%04d", i))
	}
	tr := newTree(paths...)
	taken, rounds := 0, 0
	ctx := &onDone{Context: t.Context(), fn: func() { rounds++; tr.answerAll() }}
	for range walk.Tree(ctx, "/", tr.read) {
		if taken++; len(tr.asked)-taken > walk.Ahead {
			t.Fatalf("%d asked for when %d are taken", len(tr.asked), taken)
		}
	}
	if most := 2 + 2*1000/walk.Ahead; taken != 1001 || tr.longest > walk.Ahead || rounds > most {
		t.Errorf("%d znodes, %d at once, %d round trips, want %d at most", taken, tr.longest, rounds, most)
	}
}

// The children of later znodes are requested as soon as they are known, so that many small levels take few round trips.
func TestTree_ReadsAheadInLaterLevels(t *testing.T) {
	var paths []string
	for i := range 100 {
		paths = append(paths, fmt.Sprintf("/%03d", i))
		for j := range 10 {
			paths = append(paths, fmt.Sprintf("/%03d/%d", i, j))
		}
	}
	tr := newTree(paths...)
	rounds, taken := 0, 0
	ctx := &onDone{Context: t.Context(), fn: func() { rounds++; tr.answerAll() }}
	for range walk.Tree(ctx, "/", tr.read) {
		taken++
	}
	if taken != 1101 || rounds > 50 {
		t.Errorf("%d znodes in %d round trips", taken, rounds)
	}
}

func TestTree_LeavesOutWhatIsGone(t *testing.T) {
	tr := newTree("/a", "/b", "/b/x", "/c")
	read := func(path string) *future.Future[walk.Found[string]] {
		switch path {
		case "/a":
			return future.Resolved(walk.Found[string]{Gone: true})
		case "/c":
			return future.Resolved(walk.Found[string]{Err: errors.New("no")})
		}
		return tr.answered(path)
	}
	var got []string
	for n, err := range walk.Tree(t.Context(), "/", read) {
		got = append(got, fmt.Sprint(n.Path, n.Err, err))
	}
	if want := []string{"/<nil> <nil>", "/b<nil> <nil>", "/b/x<nil> <nil>", "/cno <nil>"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// A failed read ends the walk when its turn comes. So do a wait that fails and leaving the range.
func TestTree_Ends(t *testing.T) {
	tr := newTree("/a", "/b", "/c")
	lost := errors.New("lost")
	read := func(path string) *future.Future[walk.Found[string]] {
		if path == "/b" {
			return future.Failed[walk.Found[string]](lost)
		}
		return tr.answered(path)
	}
	var got []string
	for n, err := range walk.Tree(t.Context(), "/", read) {
		got = append(got, n.Path)
		if (err == nil) == (n.Path == "/b") {
			t.Errorf("%s: %v", n.Path, err)
		}
	}
	if !slices.Equal(got, []string{"/", "/a", "/b"}) {
		t.Errorf("%q", got)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range walk.Tree(ended, "/", newTree().read) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	}
	seq := walk.Tree(t.Context(), "/", tr.answered)
	for range 2 { // each range is a walk of its own
		for n := range seq {
			if n.Path != "/" {
				t.Error(n.Path)
			}
			break
		}
	}
}
