package zkasync_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/zkasync"
)

// grow creates a tree at path, with wide children on each of several levels, and returns the number of its znodes.
func grow(ctx context.Context, c *zkasync.Client, path string, wide, levels int) (int, error) {
	made := []*future.Future[zkasync.Created]{c.Create(ctx, path, nil)}
	level := []string{path}
	for range levels {
		var next []string
		for _, parent := range level {
			for i := range wide {
				child := fmt.Sprintf("%s/%d", parent, i)
				made = append(made, c.Create(ctx, child, nil))
				next = append(next, child)
			}
		}
		level = next
	}
	_, err := future.All(made...).Get(ctx)
	return len(made), err
}

// distant delays everything that passes the proxy, so that a round trip takes twice oneWay.
func distant(p *zkproxy.Proxy, oneWay time.Duration) {
	p.Delay(zkproxy.ToServer, oneWay)
	p.Delay(zkproxy.ToClient, oneWay)
}

// Several deletions run at once, each of its own tree.
func TestDeleteAll_ManyAtOnce(t *testing.T) {
	t.Parallel()
	const workers, rounds, wide = 4, 10, 6
	c := rooted(t)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for range rounds {
				path := fmt.Sprintf("/%d", w)
				want, err := grow(t.Context(), c, path, wide, 2)
				if err != nil {
					t.Error(err)
				}
				n, err := c.DeleteAll(t.Context(), path).Get(t.Context())
				if err != nil || n != want {
					t.Errorf("deleted %d, %v, want %d", n, err, want)
				}
			}
		})
	}
	wg.Wait()
}

// Two deletions of one tree share the work: each znode is counted once.
func TestDeleteAll_TwoOfOneTree(t *testing.T) {
	t.Parallel()
	c, other, _ := proxied(t)
	want, err := grow(t.Context(), c, "/a", 10, 3)
	if err != nil {
		t.Fatal(err)
	}
	one, two := c.DeleteAll(t.Context(), "/a"), other.DeleteAll(t.Context(), "/a")
	if n := must(t, one) + must(t, two); n != want {
		t.Errorf("deleted %d, want %d", n, want)
	}
	if must(t, c.Exists(t.Context(), "/a")) != nil {
		t.Error("the tree still exists")
	}
}

// Znodes that others create while the tree is being deleted are deleted as well.
func TestDeleteAll_AgainstCreators(t *testing.T) {
	t.Parallel()
	c, other, _ := proxied(t)
	ctx := t.Context()
	made, err := grow(ctx, c, "/a", 10, 2)
	if err != nil {
		t.Fatal(err)
	}
	var creators sync.WaitGroup
	var more atomic.Int64
	for i := range 4 {
		creators.Go(func() {
			for n := range 50 {
				_, err := other.Create(ctx, fmt.Sprintf("/a/%d/new-%d", i, n), nil).Get(ctx)
				switch {
				case err == nil:
					more.Add(1)
				case errors.Is(err, zk.ErrNoNode): // the deletion was here
					return
				default:
					t.Error(err)
					return
				}
			}
		})
	}
	poll(t, "creators at work", func() bool { return more.Load() > 10 })
	deleted := must(t, c.DeleteAll(ctx, "/a"))
	creators.Wait()
	if want := made + int(more.Load()); deleted != want {
		t.Errorf("deleted %d, want %d", deleted, want)
	}
	if must(t, c.Exists(ctx, "/a")) != nil {
		t.Error("the tree still exists")
	}
}

// With a distant server, a deletion takes a few round trips, not one for each znode.
func TestDeleteAll_RoundTrips(t *testing.T) {
	t.Parallel()
	const oneWay = 20 * time.Millisecond
	c, twin, p := proxied(t)
	const wide, levels = 21, 3
	made, err := grow(t.Context(), twin, "/a", wide, levels)
	if err != nil {
		t.Fatal(err)
	}
	distant(p, oneWay)
	frames := tap(p)
	begin := time.Now()
	if n := must(t, c.DeleteAll(t.Context(), "/a")); n != made {
		t.Errorf("deleted %d, want %d", n, made)
	}
	took := time.Since(begin)
	t.Logf("%d znodes in %v", made, took)
	if limit := time.Duration(made) * 2 * oneWay / 20; took > limit {
		t.Errorf("took %v, want far less than %v", took, limit)
	}
	parents := (made - 1) / wide
	if n, most := len(frames.requests()), 3*parents+made/32; n > most {
		t.Errorf("%d requests for %d znodes of which %d are parents, want %d at most", n, made, parents, most)
	}
}

func TestDeleteAll_FailsWithTheConnection(t *testing.T) {
	t.Parallel()
	c, twin, p := proxied(t)
	if _, err := grow(t.Context(), twin, "/a", 10, 3); err != nil {
		t.Fatal(err)
	}
	p.CutAfter(zkproxy.ToClient, 60, 3)
	err := fails(t, c.DeleteAll(t.Context(), "/a"), zkasync.ErrConnectionLoss, zkasync.ErrOutcomeUnknown)
	if text := err.Error(); !strings.HasPrefix(text, "zkasync: delete all /a: outcome unknown: ") || !strings.Contains(text, " /a/") {
		t.Errorf("error %q", err)
	}
	must(t, c.DeleteAll(t.Context(), "/a"))
	if must(t, twin.Exists(t.Context(), "/a")) != nil {
		t.Error("the tree still exists")
	}
}

func TestEnsurePath_RoundTrips(t *testing.T) {
	t.Parallel()
	const depth, oneWay = 50, 50 * time.Millisecond
	c, _, p := proxied(t)
	distant(p, oneWay)
	path := strings.Repeat("/x", depth)
	for _, test := range []struct {
		name  string
		trips time.Duration
		limit int
	}{{"missing", 2, 2*depth + 1}, {"there", 1, depth + 1}} {
		frames := tap(p)
		begin := time.Now()
		if got := must(t, c.EnsurePath(t.Context(), path)); got != path {
			t.Errorf("ensured %q", got)
		}
		took, least := time.Since(begin), test.trips*2*oneWay
		if took < least || took > least+depth*oneWay/2 {
			t.Errorf("%s: took %v, want %d round trips of %v", test.name, took, test.trips, 2*oneWay)
		}
		if n := len(frames.requests()); n > test.limit {
			t.Errorf("%s: %d requests, want no more than %d", test.name, n, test.limit)
		}
	}
}

// Others create and delete the same znodes at the same time. Each EnsurePath succeeds.
func TestEnsurePath_AgainstCreatorsAndDeleters(t *testing.T) {
	t.Parallel()
	const workers, rounds = 6, 30
	c, other, _ := proxied(t)
	ctx := t.Context()
	var wg sync.WaitGroup
	for w := range workers {
		client := []*zkasync.Client{c, other}[w%2]
		wg.Go(func() {
			for range rounds {
				var err error
				switch w {
				case 0:
					_, err = client.DeleteAll(ctx, "/a").Get(ctx)
				case 1:
					_, err = client.DeleteAll(ctx, "/a/b").Get(ctx)
				case 2:
					_, err = client.Create(ctx, "/a/b/c/s-", nil, zkasync.MakeParents(), zkasync.Sequential()).Get(ctx)
				default:
					_, err = client.EnsurePath(ctx, "/a/b/c/d/e").Get(ctx)
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	must(t, c.EnsurePath(ctx, "/a/b/c/d/e"))
}

func TestEnsurePath_Root(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	if got := must(t, c.EnsurePath(t.Context(), "/")); got != "/" {
		t.Errorf("ensured %q", got)
	}
}
