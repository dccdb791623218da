package zkasync_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// grow makes a tree below path, wide children on each of several levels, and returns the number of its znodes.
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

// Goroutines of the caller and of the connection work on one deletion.
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
