package recipe_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

// outcome returns the error of an operation of any type.
func outcome[T any](f *future.Future[T]) error {
	_, err := get(f)
	return err
}

// last returns the error with which a range ends.
func last[T any](all func(func(T, error) bool)) (why error) {
	for _, err := range all {
		why = err
	}
	return why
}

// operations are all operations of recipes that take options. Each is called on a recipe that was made with one option.
var operations = map[string]func(ctx context.Context, c *zkasync.Client, o recipe.Option) error{
	"lock": func(ctx context.Context, c *zkasync.Client, o recipe.Option) error {
		return outcome(recipe.NewMutex(c, "/lock", o).Lock(ctx))
	},
	"try lock": func(ctx context.Context, c *zkasync.Client, o recipe.Option) error {
		return outcome(recipe.NewMutex(c, "/lock", o).TryLock(ctx))
	},
	"contenders": func(ctx context.Context, c *zkasync.Client, o recipe.Option) error {
		return outcome(recipe.NewMutex(c, "/lock", o).Contenders(ctx))
	},
	"lock, reader": func(ctx context.Context, c *zkasync.Client, o recipe.Option) error {
		return outcome(recipe.NewRWMutex(c, "/lock", o).RLock(ctx))
	},
	"contenders, read-write": func(ctx context.Context, c *zkasync.Client, o recipe.Option) error {
		return outcome(recipe.NewRWMutex(c, "/lock", o).Contenders(ctx))
	},
	"acquire": func(ctx context.Context, c *zkasync.Client, o recipe.Option) error {
		return outcome(recipe.NewSemaphore(c, "/lock", 2, o).Acquire(ctx))
	},
	"campaign": func(ctx context.Context, c *zkasync.Client, o recipe.Option) error {
		return outcome(recipe.NewElection(c, "/lock", o).Campaign(ctx, nil))
	},
	"candidates": func(ctx context.Context, c *zkasync.Client, o recipe.Option) error {
		return outcome(recipe.NewElection(c, "/lock", o).Candidates(ctx))
	},
	"leader": func(ctx context.Context, c *zkasync.Client, o recipe.Option) error {
		return outcome(recipe.NewElection(c, "/lock", o).Leader(ctx))
	},
	"observe": func(ctx context.Context, c *zkasync.Client, o recipe.Option) error {
		return last(recipe.NewElection(c, "/lock", o).Observe(ctx).All(ctx))
	},
	"keep": func(ctx context.Context, c *zkasync.Client, o recipe.Option) error {
		return outcome(recipe.KeepNode(c, "/lock", nil, o).Ready())
	},
	"keep, numbered": func(ctx context.Context, c *zkasync.Client, o recipe.Option) error {
		return outcome(recipe.KeepNumbered(c, "/lock", nil, o).Ready())
	},
	"keep, member": func(ctx context.Context, c *zkasync.Client, o recipe.Option) error {
		return outcome(recipe.NewGroup(c, "/lock", o).Join("me", nil).Ready())
	},
	"members": func(ctx context.Context, c *zkasync.Client, o recipe.Option) error {
		return outcome(recipe.NewGroup(c, "/lock", o).Members(ctx))
	},
	"watch group": func(ctx context.Context, c *zkasync.Client, o recipe.Option) error {
		return last(recipe.NewGroup(c, "/lock", o).Watch(ctx))
	},
	"watch group, roster": func(ctx context.Context, c *zkasync.Client, o recipe.Option) error {
		return last(recipe.NewGroup(c, "/lock", o).Roster(ctx).All(ctx))
	},
	"set": func(ctx context.Context, c *zkasync.Client, o recipe.Option) error {
		return outcome(recipe.NewBarrier(c, "/lock", o).Set(ctx))
	},
	"remove": func(ctx context.Context, c *zkasync.Client, o recipe.Option) error {
		return outcome(recipe.NewBarrier(c, "/lock", o).Remove(ctx))
	},
	"wait": func(ctx context.Context, c *zkasync.Client, o recipe.Option) error {
		return outcome(recipe.NewBarrier(c, "/lock", o).Wait(ctx))
	},
	"enter": func(ctx context.Context, c *zkasync.Client, o recipe.Option) error {
		return outcome(recipe.NewDoubleBarrier(c, "/lock", 1, o).Enter(ctx))
	},
	"leave": func(ctx context.Context, c *zkasync.Client, o recipe.Option) error {
		return outcome(recipe.NewDoubleBarrier(c, "/lock", 1, o).Leave(ctx))
	},
	"obtain": func(ctx context.Context, c *zkasync.Client, o recipe.Option) error {
		return outcome(recipe.NewTimedLease(c, "/lock", time.Minute, o).Obtain(ctx))
	},
	"put": func(ctx context.Context, c *zkasync.Client, o recipe.Option) error {
		return outcome(recipe.NewQueue(c, "/lock", recipe.KazooQueue(), o).Put(ctx, nil))
	},
	"take": func(ctx context.Context, c *zkasync.Client, o recipe.Option) error {
		return outcome(recipe.NewQueue(c, "/lock", recipe.KazooQueue(), o).Take(ctx))
	},
	"count": func(ctx context.Context, c *zkasync.Client, o recipe.Option) error {
		return outcome(recipe.NewQueue(c, "/lock", recipe.KazooQueue(), o).Len(ctx))
	},
	"partition": func(ctx context.Context, c *zkasync.Client, o recipe.Option) error {
		p := recipe.Partition(c, "/lock", []string{"a"}, o)
		return errors.Join(p.Err(), outcome(p.Close()))
	},
}

// With a wrong option every operation fails, with an error that names the operation, the path and the reason. Nothing is sent.
func TestOption_RefusesWrongValues(t *testing.T) {
	t.Parallel()
	_, srv, c := local(t)
	ctx, cancel := context.WithTimeout(t.Context(), wait) // an operation that is not refused may wait for ever
	defer cancel()
	before := srv.Tree()
	for name, do := range operations {
		op, _, _ := strings.Cut(name, ",")
		for want, wrong := range map[string]recipe.Option{
			"unknown lease 7":              recipe.WithLease(7),
			`name "a/b" of a naming`:       recipe.WithNaming(recipe.Naming{Lock: "a/b"}),
			"access control list is empty": recipe.WithACL(nil),
		} {
			err := do(ctx, c, wrong)
			var e *recipe.Error
			if !errors.As(err, &e) || e.Op != op || !strings.HasPrefix(e.Path, "/lock") || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q of %s", name, err, want, op)
			}
		}
	}
	if after := srv.Tree(); after != before {
		t.Errorf("the tree is\n%s", after)
	}
}
