package zkasync_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// refused returns a client whose requests are recorded, and checks at the end of the test that there were none.
func refused(t *testing.T) *zkasync.Client {
	t.Helper()
	c, _, p := proxied(t)
	frames := tap(p)
	t.Cleanup(func() {
		if seen := frames.requests(); len(seen) > 1 || len(seen) == 1 && seen[0].op != opClose {
			t.Errorf("requests were sent: %+v", seen)
		}
	})
	return c
}

// refuses checks that f fails before anything is sent, with an error that contains all of texts.
func refuses[T any](t *testing.T, f *future.Future[T], want error, texts ...string) {
	t.Helper()
	if !f.Ready() {
		t.Error("not refused at once")
	}
	err := fails(t, f, zkasync.ErrNotSent)
	if want != nil {
		isExactly(t, err, want, zkasync.ErrNotSent)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error %q, want it to contain %q", err, text)
		}
	}
}

// badPaths are paths, and what the error says of them.
var badPaths = map[string]string{
	"":           "empty",
	"a":          "must begin with",
	"a/b":        "must begin with",
	"/a/":        "must not end with",
	"//":         "must not end with",
	"/a//b":      "empty name",
	"//a":        "empty name",
	"/.":         `relative name "."`,
	"/..":        `relative name ".."`,
	"/a/../b":    `relative name ".."`,
	"/a/./b":     `relative name "."`,
	"/a\x00b":    "U+0000",
	"/a\x1f":     "U+001F",
	"/\x7f":      "U+007F",
	"/\u0085":    "U+0085",
	"/\uf000":    "U+F000",
	"/\ufff5":    "U+FFF5",
	"/\xff":      "UTF-8",
	"/\xed\xa0x": "UTF-8",
	"/ü/../b":    `relative name ".."`,
	"/ü//b":      "empty name",
}

// No operation sends a request with a bad path.
func TestInput_PathsOnEveryOperation(t *testing.T) {
	t.Parallel()
	c := refused(t)
	for path, rule := range badPaths {
		for _, call := range calls {
			refuses(t, call.do(c, t.Context(), path), zk.ErrInvalidPath, call.name, rule)
		}
		if (strings.HasSuffix(path, "/") || strings.HasSuffix(path, ".")) && path != "//" {
			continue // valid, since the number is appended
		}
		for _, call := range sequentialCalls {
			refuses(t, call.do(c, t.Context(), path), zk.ErrInvalidPath, call.name)
		}
	}
	refuses(t, c.DeleteAll(t.Context(), "/"), zk.ErrInvalidPath, "root")
	refuses(t, c.Delete(t.Context(), "/", zkasync.AnyVersion), zk.ErrInvalidPath, "root")
	refuses(t, c.Multi(t.Context(), zkasync.DeleteOp("/", zkasync.AnyVersion)), zk.ErrInvalidPath, "operation 0, delete /", "root")
}

// The chroot itself is not part of the client's tree, so the client must not delete it.
func TestDelete_RefusesTheChroot(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	refuses(t, c.Delete(t.Context(), "/", zkasync.AnyVersion), zk.ErrInvalidPath, "root")
	refuses(t, c.Multi(t.Context(), zkasync.DeleteOp("/", 0)), zk.ErrInvalidPath, "root")
	refuses(t, c.DeleteAll(t.Context(), "/"), zk.ErrInvalidPath, "root")
	if st := must(t, c.Exists(t.Context(), "/")); st == nil {
		t.Error("the chroot is gone")
	}
}

// The server checks the path with its number appended (PathUtils.validatePath).
func TestCreate_SequentialNamesThatAreDots(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	ctx := testContext(t)
	must(t, c.Create(ctx, "/p", nil))
	for i, name := range []string{".", "..", "", "..."} {
		want := fmt.Sprintf("/p/%s%010d", name, 2*i)
		if made := must(t, c.Create(ctx, "/p/"+name, nil, zkasync.Sequential())); made.Path != want {
			t.Errorf("created %q, want %q", made.Path, want)
		}
		want = fmt.Sprintf("/p/%s%010d", name, 2*i+1)
		if made := must(t, c.Multi(ctx, zkasync.CreateOp("/p/"+name, nil, zkasync.Sequential()))); made[0].Path != want {
			t.Errorf("created %q, want %q", made[0].Path, want)
		}
		must(t, c.Create(ctx, "/q"+name+"/"+name, nil, zkasync.Sequential(), zkasync.MakeParents()))
	}
	refuses(t, c.Create(ctx, "/p/./", nil, zkasync.Sequential()), zk.ErrInvalidPath, "relative name")
}

func TestInput_PathsThatAreFine(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	for _, path := range []string{
		"/a", "/...", "/.a", "/a..", "/a b", "/a:b,c", "/ü", "/日本", "/\u00a0", "/\ud7ff", "/\uffef", "/%", "/" + strings.Repeat("x", 5000),
	} {
		must(t, c.EnsurePath(t.Context(), path+"/child"))
		if made := must(t, c.Create(t.Context(), path+"/child/", nil, zkasync.Sequential())); made.Path != path+"/child/0000000000" {
			t.Errorf("created %q below %q", made.Path, path)
		}
		if names := must(t, c.Children(t.Context(), path)).Names; !slices.Equal(names, []string{"child"}) {
			t.Errorf("children of %q: %q", path, names)
		}
	}
}

// After the greatest number, versions go on with the least one. Set must accept any version that a Stat has.
func TestInput_VersionsThatWentRound(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	ctx := testContext(t)
	must(t, c.Create(ctx, "/a", nil))
	for _, version := range []int32{-2, math.MinInt32, math.MaxInt32} {
		fails(t, c.Set(ctx, "/a", nil, version), zk.ErrBadVersion)
		fails(t, c.Delete(ctx, "/a", version), zk.ErrBadVersion)
		fails(t, c.SetACL(ctx, "/a", zk.WorldACL(zk.PermAll), version), zk.ErrBadVersion)
		fails(t, c.Multi(ctx, zkasync.SetOp("/a", nil, version)), zk.ErrBadVersion)
		fails(t, c.Multi(ctx, zkasync.DeleteOp("/a", version)), zk.ErrBadVersion)
		fails(t, c.Multi(ctx, zkasync.CheckOp("/a", version)), zk.ErrBadVersion)
	}
}

// badACLs are access control lists, and what the error says of them.
var badACLs = map[string][]zk.ACL{
	"empty":                {},
	"permissions":          {{Perms: 0, Scheme: "world", ID: "anyone"}},
	"permissions must be":  {{Perms: zk.PermAll + 1, Scheme: "world", ID: "anyone"}},
	"1 to 31":              {{Perms: -1, Scheme: "world", ID: "anyone"}},
	"scheme is empty":      {{Perms: zk.PermAll, Scheme: "", ID: "anyone"}},
	`"anyone"`:             {{Perms: zk.PermAll, Scheme: "world", ID: "somebody"}},
	"zk.DigestACL":         {{Perms: zk.PermAll, Scheme: "digest", ID: "user"}},
	"user:base64":          {{Perms: zk.PermAll, Scheme: "digest", ID: "user:pass:word"}},
	"an address":           {{Perms: zk.PermAll, Scheme: "ip", ID: ""}},
	`entry {0 "ip" "::1"}`: {zk.WorldACL(zk.PermAll)[0], {Perms: 0, Scheme: "ip", ID: "::1"}},
}

func TestInput_ACLs(t *testing.T) {
	t.Parallel()
	c := refused(t)
	ctx := t.Context()
	for text, acl := range badACLs {
		refuses(t, c.Create(ctx, "/a", nil, zkasync.WithACL(acl)), zk.ErrInvalidACL, "create /a", text)
		refuses(t, c.Create(ctx, "/a", nil, zkasync.WithACL(acl), zkasync.MakeParents()), zk.ErrInvalidACL, text)
		refuses(t, c.EnsurePath(ctx, "/a", zkasync.WithACL(acl)), zk.ErrInvalidACL, "ensure path /a", text)
		refuses(t, c.SetACL(ctx, "/a", acl, 0), zk.ErrInvalidACL, "set acl /a", text)
		refuses(t, c.Multi(ctx, zkasync.CreateOp("/a", nil, zkasync.WithACL(acl))), zk.ErrInvalidACL, "create /a", text)
		if _, err := zkasync.New("h", zkasync.WithDefaultACL(acl)); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("default acl %v: %v, want an error with %q", acl, err, text)
		}
	}
}

func TestInput_CreateOptions(t *testing.T) {
	t.Parallel()
	c := refused(t)
	ctx := t.Context()
	ttl := zkasync.TTL(time.Hour)
	for _, test := range []struct {
		text string
		opts []zkasync.CreateOption
	}{
		{"Container excludes", []zkasync.CreateOption{zkasync.Container(), zkasync.Ephemeral()}},
		{"Container excludes", []zkasync.CreateOption{zkasync.Sequential(), zkasync.Container()}},
		{"Container excludes", []zkasync.CreateOption{zkasync.Container(), ttl}},
		{"TTL excludes Ephemeral", []zkasync.CreateOption{ttl, zkasync.Ephemeral()}},
		{"TTL 0s", []zkasync.CreateOption{zkasync.TTL(0)}},
		{"TTL -1s", []zkasync.CreateOption{zkasync.TTL(-time.Second)}},
		{"TTL 999µs", []zkasync.CreateOption{zkasync.TTL(999 * time.Microsecond)}},
		{"305419h53m47.775s", []zkasync.CreateOption{zkasync.TTL(math.MaxInt64)}},
	} {
		refuses(t, c.Create(ctx, "/a", nil, test.opts...), zk.ErrInvalidFlags, "create /a", test.text)
		refuses(t, c.Create(ctx, "/a", nil, append(test.opts, zkasync.Protected())...), zk.ErrInvalidFlags, test.text)
		refuses(t, c.Multi(ctx, zkasync.CreateOp("/a", nil, test.opts...)), zk.ErrInvalidFlags, "create /a", test.text)
	}
	for _, opt := range []zkasync.CreateOption{
		zkasync.Ephemeral(), zkasync.Sequential(), ttl, zkasync.MakeParents(), zkasync.Protected(),
	} {
		refuses(t, c.EnsurePath(ctx, "/a", opt), zk.ErrInvalidFlags, "WithACL and Container")
	}
	for _, opt := range []zkasync.CreateOption{zkasync.MakeParents(), zkasync.Protected()} {
		refuses(t, c.Multi(ctx, zkasync.CreateOp("/a", nil, opt)), zk.ErrInvalidFlags, "no MakeParents or Protected")
	}
}

func TestInput_Credentials(t *testing.T) {
	t.Parallel()
	c := refused(t)
	for _, test := range []struct{ scheme, secret, text string }{
		{"", "a:b", "scheme is empty"},
		{"world", "somebody", `"anyone"`},
		{"digest", "user", "user:password"},
		{"digest", ":password", "user:password"},
	} {
		refuses(t, c.AddAuth(t.Context(), test.scheme, []byte(test.secret)), nil, "add auth", test.text)
		if _, err := zkasync.New("h", zkasync.WithAuth(test.scheme, []byte(test.secret))); err == nil ||
			!strings.Contains(err.Error(), test.text) || !strings.Contains(err.Error(), fmt.Sprintf("%q", test.scheme)) {
			t.Errorf("auth of scheme %q: %v, want an error with %q", test.scheme, err, test.text)
		}
	}
	must(t, c.AddAuth(t.Context(), "world", nil))
	must(t, c.AddAuth(t.Context(), "world", []byte("anyone")))
}
