package zkasync

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// Created is the result of Create.
type Created struct {
	Path string // with the server's number at the end, if sequential
	Stat zk.Stat
}

// createSpec is what the options of Create set.
type createSpec struct {
	ephemeral, sequential, container bool
	parents, protected               bool
	hasTTL, hasACL, hasPrefix        bool // together in one word, since each create carries them

	ttl    time.Duration
	acl    []zk.ACL
	prefix string // of a protected create; "": a random one
}

// CreateOption is an option of [Client.Create]; some also apply to [Client.EnsurePath].
type CreateOption struct{ apply func(*createSpec) }

// Ephemeral makes the server delete the znode when the session ends.
func Ephemeral() CreateOption { return CreateOption{func(s *createSpec) { s.ephemeral = true }} }

// Sequential makes the server append a number of ten digits to the path, from a counter of the parent's. The path may
// end in "/".
func Sequential() CreateOption { return CreateOption{func(s *createSpec) { s.sequential = true }} }

// Container creates a container, which the server deletes some time after its last child has been deleted (ZooKeeper
// 3.5).
func Container() CreateOption { return CreateOption{func(s *createSpec) { s.container = true }} }

// TTL makes the server delete the znode some time after it has not been modified for d, if it has no children. The
// resolution is a millisecond. Servers refuse it unless they run with zookeeper.extendedTypesEnabled (ZooKeeper 3.5).
func TTL(d time.Duration) CreateOption {
	return CreateOption{func(s *createSpec) { s.ttl, s.hasTTL = d, true }}
}

// WithACL sets the access control list, instead of the client's default.
func WithACL(acl []zk.ACL) CreateOption {
	acl = append([]zk.ACL(nil), acl...)
	return CreateOption{func(s *createSpec) { s.acl, s.hasACL = acl, true }}
}

// MakeParents creates missing parents, as EnsurePath does, with the same access control list, and then tries to create the
// znode again. This takes further round trips, so operations submitted later may overtake the second try.
func MakeParents() CreateOption { return CreateOption{func(s *createSpec) { s.parents = true }} }

// Protected makes a create survive an unknown outcome: the name gets a random prefix ("_c_", a UUID and "-"), by which
// the client finds the znode again after a connection loss. So it is not created twice, and a znode of an earlier session
// is not mistaken for this session's. (Curator's protection, ZOOKEEPER-22, CURATOR-498.)
//
// If the context ends before the znode is found, or the search is impossible, the create fails with [ErrOutcomeUnknown]
// and a [*ProtectedError]. The znode, if there is one, is deleted in the background: the client keeps trying as long as the
// session lives or, if the znode is not ephemeral, as long as the client runs.
func Protected() CreateOption { return CreateOption{func(s *createSpec) { s.protected = true }} }

// ProtectedPrefix is [Protected] with the caller's own prefix, by which the znode is found again: no other znode's name
// may begin with it. Recipes of other clients have their own forms of prefix, such as kazoo's 32 hexadecimal digits.
func ProtectedPrefix(prefix string) CreateOption {
	return CreateOption{func(s *createSpec) { s.protected, s.prefix, s.hasPrefix = true, prefix, true }}
}

// maxTTL is the server's limit, 40 bits of milliseconds (EphemeralType.TTL).
const maxTTL = time.Duration(0xffffffffff) * time.Millisecond

func (c *Client) createSpec(opts []CreateOption) (createSpec, error) {
	s := createSpec{acl: c.cfg.acl}
	for _, o := range opts {
		if o.apply != nil {
			o.apply(&s)
		}
	}
	return s, s.check()
}

func (s *createSpec) check() error {
	switch {
	case s.container && (s.ephemeral || s.sequential || s.hasTTL):
		return fmt.Errorf("%w: Container excludes Ephemeral, Sequential and TTL", zk.ErrInvalidFlags)
	case s.hasTTL && s.ephemeral:
		return fmt.Errorf("%w: TTL excludes Ephemeral", zk.ErrInvalidFlags)
	case s.hasTTL && (s.ttl < time.Millisecond || s.ttl > maxTTL):
		return fmt.Errorf("%w: TTL %v is not from 1ms to %v", zk.ErrInvalidFlags, s.ttl, maxTTL)
	case s.hasPrefix && (s.prefix == "" || strings.Contains(s.prefix, "/")):
		return fmt.Errorf("%w: prefix %q is empty or contains a slash", zk.ErrInvalidFlags, s.prefix)
	case s.hasPrefix && checkPath("/"+s.prefix+"x") != nil:
		return fmt.Errorf("%w: prefix %q cannot begin a name", zk.ErrInvalidFlags, s.prefix)
	case s.hasACL:
		return checkACL(s.acl)
	}
	return nil
}

// The server's create modes (CreateMode).
const (
	modeEphemeral     = 1
	modeSequential    = 2
	modeContainer     = 4
	modeTTL           = 5
	modeTTLSequential = 6
)

func (s *createSpec) mode() (mode int32, code wire.OpCode) {
	switch {
	case s.container:
		return modeContainer, wire.OpCreateContainer
	case s.hasTTL && s.sequential:
		return modeTTLSequential, wire.OpCreateTTL
	case s.hasTTL:
		return modeTTL, wire.OpCreateTTL
	}
	if s.ephemeral {
		mode |= modeEphemeral
	}
	if s.sequential {
		mode |= modeSequential
	}
	return mode, wire.OpCreate2
}

// createRequest is the request of one create.
type createRequest struct {
	op[Created]
	data []byte
	spec createSpec
	mode int32
}

// Create creates a znode with data and options (kazoo: create_async). Without options it is persistent and has the
// client's default access control list. The data is copied; nil is stored as null. The usual rejections are
// zk.ErrNodeExists, zk.ErrNoNode (the parent does not exist), zk.ErrNoChildrenForEphemerals (the parent is ephemeral),
// zk.ErrInvalidACL and zk.ErrNoAuth.
func (c *Client) Create(ctx context.Context, path string, data []byte, opts ...CreateOption) *future.Future[Created] {
	spec, err := c.createSpec(opts)
	if err == nil {
		err = checkCreatePath(path, spec.sequential)
	}
	if err != nil {
		return failed[Created](c, ctx, wire.OpCreate2, path, err)
	}
	data = bytes.Clone(data)
	if spec.parents || spec.protected {
		return c.createInSteps(ctx, path, data, spec)
	}
	return c.view.create(ctx, c.completion(path), path, data, spec)
}

func checkCreatePath(path string, sequential bool) error {
	if sequential {
		return checkSequentialPath(path)
	}
	return checkPath(path)
}

// create sends one request; everything but its size has been checked.
func (v *view) create(ctx context.Context, ex future.Executor, path string, data []byte, spec createSpec) *future.Future[Created] {
	mode, code := spec.mode()
	o := &createRequest{data: data, spec: spec, mode: mode}
	o.init(v, ctx, ex, code, path)
	if spec.protected {
		o.repeat.idempotent = false // it has its own way to find out
	}
	return o.send(o)
}

// root returns the chroot that goes in front of the path of a create. The server appends a sequential znode's number to
// the path, so for "/" the slash has to stay: without it the znode would be created beside the chroot.
func (s *createSpec) root(v *view, path string) string {
	if s.sequential && path == "/" && v.chroot != "" {
		return v.chroot + "/"
	}
	return v.chroot
}

func (o *createRequest) Size() int {
	size := 4 + wire.PathLen(o.spec.root(o.v, o.path), o.path) + 4 + len(o.data) + aclSize(o.spec.acl) + 4
	if o.spec.hasTTL {
		size += 8
	}
	return size
}

func (o *createRequest) Append(b []byte) []byte {
	root := o.spec.root(o.v, o.path)
	if o.spec.hasTTL {
		return wire.AppendCreateTTL(b, root, o.path, o.data, o.spec.acl, o.mode, o.spec.ttl.Milliseconds())
	}
	return wire.AppendCreate(b, root, o.path, o.data, o.spec.acl, o.mode)
}

func (o *createRequest) Reply(code int32, body []byte) {
	if code != 0 {
		o.reject(code)
		return
	}
	var made Created
	path, body, err := wire.DecodeString(body)
	if err == nil {
		made.Path = o.v.strip(path)
		_, err = wire.DecodeStat(body, &made.Stat)
	}
	o.finish(made, err)
}
