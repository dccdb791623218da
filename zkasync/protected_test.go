package zkasync_test

import (
	"regexp"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/zkasync"
)

var protectedName = regexp.MustCompile(`^/a/_c_[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}-x(\d{10})?$`)

func TestCreate_ProtectedNames(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	ctx := t.Context()
	must(t, c.Create(ctx, "/a", nil))
	seen := make(map[string]bool)
	for _, opts := range [][]zkasync.CreateOption{
		{}, {zkasync.Sequential()}, {zkasync.Ephemeral()}, {zkasync.Ephemeral(), zkasync.Sequential()}, {zkasync.TTL(time.Hour)},
	} {
		made := must(t, c.Create(ctx, "/a/x", []byte("data"), append(opts, zkasync.Protected())...))
		if !protectedName.MatchString(made.Path) || seen[made.Path] {
			t.Errorf("created %q", made.Path)
		}
		seen[made.Path] = true
		if n := must(t, c.Get(ctx, made.Path)); n.Stat != made.Stat || string(n.Data) != "data" {
			t.Errorf("created %+v, read %+v", made, n)
		}
	}
	made := must(t, c.Create(ctx, "/a/p/x", nil, zkasync.Protected(), zkasync.MakeParents()))
	if len(must(t, c.Children(ctx, "/a/p")).Names) != 1 || made.Stat.Czxid == 0 {
		t.Errorf("created %+v", made)
	}
}

// In the end there is one znode, whether the request was applied before its answer was lost or has never arrived.
func TestCreate_ProtectedIsFoundAgain(t *testing.T) {
	t.Parallel()
	for _, dir := range []zkproxy.Direction{zkproxy.ToClient, zkproxy.ToServer} {
		for _, opt := range []zkasync.CreateOption{zkasync.Sequential(), zkasync.Ephemeral()} {
			t.Run(dir.String(), func(t *testing.T) {
				t.Parallel()
				c, twin, p := proxied(t)
				must(t, c.Create(t.Context(), "/a", nil))
				p.Drop(dir, true)
				frames := tap(p)
				made := c.Create(t.Context(), "/a/x", nil, zkasync.Protected(), opt)
				if dir == zkproxy.ToClient {
					poll(t, "the znode", func() bool { return len(must(t, twin.Children(t.Context(), "/a")).Names) == 1 })
				}
				poll(t, "the request", func() bool { return len(frames.requests()) == 1 })
				suspend(t, c, p)
				if made.Ready() {
					t.Errorf("complete: %v", outcome(t, made))
				}
				p.Heal()
				resume(t, p)
				found := must(t, made)
				names := must(t, twin.Children(t.Context(), "/a")).Names
				if !protectedName.MatchString(found.Path) || len(names) != 1 || found.Path != "/a/"+names[0] {
					t.Errorf("created %q, znodes %q", found.Path, names)
				}
				if st := must(t, twin.Exists(t.Context(), found.Path)); st == nil || *st != found.Stat {
					t.Errorf("stat %+v, want %+v", found.Stat, st)
				}
			})
		}
	}
}

// Without protection nothing is repeated, and the outcome is unknown.
func TestCreate_UnprotectedIsUnknown(t *testing.T) {
	t.Parallel()
	c, twin, p := proxied(t)
	p.Hold(zkproxy.ToClient, true)
	made := c.Create(t.Context(), "/x", nil, zkasync.Sequential())
	poll(t, "the znode", func() bool { return len(must(t, twin.Children(t.Context(), "/")).Names) == 1 })
	p.Cut()
	fails(t, made, zkasync.ErrOutcomeUnknown, zkasync.ErrConnectionLoss)
	p.Heal()
	must(t, c.Sync(t.Context(), "/"))
	if n := len(must(t, c.Children(t.Context(), "/")).Names); n != 1 {
		t.Errorf("%d znodes", n)
	}
}

// After the session that has sent the create has ended, nobody can find out whether it was applied.
func TestCreate_ProtectedAfterExpiryIsUnknown(t *testing.T) {
	t.Parallel()
	c, _, p := proxied(t)
	p.Hold(zkproxy.ToClient, true)
	frames := tap(p)
	made := c.Create(t.Context(), "/x", nil, zkasync.Protected())
	poll(t, "the request", func() bool { return len(frames.requests()) == 1 })
	suspend(t, c, p)
	expires(t, c)
	p.Heal()
	resume(t, p)
	err := fails(t, made, zkasync.ErrOutcomeUnknown, zkasync.ErrSessionExpired)
	isOp(t, err, "create", "/x", zkasync.OutcomeUnknown, err.Error())
}
