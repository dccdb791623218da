package zkasync

import (
	"github.com/zkasync/zkasync-go/internal/watch"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// outside returns a client that shares the session and sees the server's whole tree, for what belongs to the servers.
func (c *Client) outside() *Client {
	v := &Client{core: c.core, shares: true}
	v.view = view{c: v, all: true}
	v.whole = view{c: v}
	return v
}

// sharedOfAll is shared of a view of the whole tree.
func (v *view) sharedOfAll(path string) string {
	if inside, ok := cutRoot(v.c.cfg.chroot, path); ok {
		return inside
	}
	return watch.Outside(path)
}

// ownOfAll is the reverse.
func (v *view) ownOfAll(name string) string {
	if path, ok := watch.FromOutside(name); ok {
		return path
	}
	return wire.FullPath(v.c.cfg.chroot, name)
}
