package zkasync

import (
	"fmt"
	"strings"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/handler"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// view is the server's tree as operations see it: below a chroot, or whole.
type view struct {
	c      *Client
	chroot string // "" is the whole tree
	sub    string // the end of it that was added by Chroot, "" for a client made by New
	all    bool   // the whole tree, with its watches, see outside.go
	root   rootWatch
}

// Chroot returns a client that shares the session of c and sees only what is below path: all its paths are relative to
// path, also in results, events and errors (kazoo: client.chroot; Curator: usingNamespace). It can be used wherever a client
// can, and its own Chroot leads deeper. It costs no request and no goroutine.
//
// It is a view of c, not a second client. State, callbacks, credentials, options and order are shared: operations of all
// views are sent in the order of the calls. A view works while c is started. It cannot start, stop or move the session:
// Start, StartAsync, Restart, StopAsync, Close, Detach and UpdateServers fail with [ErrView], and do nothing.
//
// The znode at path need not exist: EnsurePath(ctx, "/") of the view creates it. As long as it does not exist, operations of
// the view fail with zk.ErrNoNode. The first failure makes the client look for the znode, and from then on the error is a
// [*ChrootError]. Chroot itself fails only if path is invalid.
func (c *Client) Chroot(path string) (*Client, error) {
	if err := checkPath(path); err != nil {
		return nil, refusal("chroot", path, err)
	}
	v := &Client{core: c.core, shares: true}
	v.view = view{c: v, chroot: below(c.view.chroot, path), sub: below(c.view.sub, path)}
	v.whole = view{c: v}
	return v, nil
}

// below returns the chroot that path leads to.
func below(chroot, path string) string {
	if path == "/" {
		return chroot
	}
	return chroot + path
}

// refuseView returns the error of a method that a view does not have, or nil if c is none.
func (c *Client) refuseView(method string) error {
	if !c.shares {
		return nil
	}
	return refusal(method, "", fmt.Errorf("%w of a client, below %s", ErrView, printable(c.view.shared("/"))))
}

// refused returns a future that has failed with err.
func (c *Client) refused(err error) *future.Future[future.Void] {
	p := future.NewPromise[future.Void](c.completion(""))
	p.Reject(err)
	return p.Future()
}

// strip returns the client's name for a server's path. A path outside the chroot is returned unchanged.
func (v *view) strip(path string) string {
	s, _ := v.inside(path)
	return s
}

// inside is strip, and also reports whether path is the chroot or below it.
func (v *view) inside(path string) (string, bool) { return cutRoot(v.chroot, path) }

// shared returns the name of a path that all views of one client have in common, under which watches are kept.
func (v *view) shared(path string) string {
	if v.all {
		return v.sharedOfAll(path)
	}
	if v.sub == "" {
		return path
	}
	return wire.FullPath(v.sub, path)
}

// own is the reverse of shared.
func (v *view) own(path string) string {
	if v.all {
		return v.ownOfAll(path)
	}
	s, _ := cutRoot(v.sub, path)
	return s
}

// cutRoot returns path as seen from root, and whether it is root or below it.
func cutRoot(root, path string) (string, bool) {
	if root == "" {
		return path, true
	}
	rest, ok := strings.CutPrefix(path, root)
	switch {
	case !ok || rest != "" && rest[0] != '/':
		return path, false
	case rest == "":
		return "/", true
	default:
		return rest, true
	}
}

// looksAtPaths reports whether the lane of a callback depends on its path.
func looksAtPaths(h handler.Handler) bool {
	one, ok := h.(interface{ IgnoresPaths() bool })
	return !ok || !one.IgnoresPaths()
}
