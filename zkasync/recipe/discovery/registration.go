package discovery

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// Registration is an instance registered by this process. It is safe for concurrent use.
type Registration struct {
	d    *Discovery
	path string // of the instance, without a number
	kept keeper
	err  error // what is wrong with the instance

	mu       sync.Mutex
	instance Instance // what was registered last
	updates  int      // number of updates that were started
	shown    int      // the update that instance comes from
}

// keeper keeps a znode in existence, as a recipe.Node does.
type keeper interface {
	Path() string
	Ready() *future.Future[future.Void]
	SetData(data []byte) *future.Future[future.Void]
	Close() *future.Future[future.Void]
}

// ErrOtherInstance is the error of a [Registration.Update] that would change the name, id or type of the instance.
var ErrOtherInstance = errors.New("name, id and type of a registered instance cannot change")

// Register keeps an instance registered until [Registration.Unregister] (Curator: registerService). It replaces whatever
// exists at its path, usually the znode of a process with the same id that has ended but whose session has not. If two
// processes run with the same id, others see the later one, and the first one again after the later one has gone. (Curator
// replaces a znode in two steps; between them, a running process that uses this package restores its own.)
//
// A Dynamic instance is created again in each new session, and when somebody deletes it. Others are written once.
func (d *Discovery) Register(i Instance) *Registration {
	if i.ID == "" {
		i.ID = newID()
	}
	if i.Registered.IsZero() {
		i.Registered = time.Now()
	}
	i = i.own()
	r := &Registration{d: d, path: core.Join(d.path(i.Name), i.ID), instance: i}
	data, err := i.encode()
	if err != nil {
		r.err = &recipe.Error{Op: "register", Path: r.path, Err: err}
		return r
	}
	var opts []recipe.Option
	if d.acl != nil {
		opts = append(opts, recipe.WithACL(d.acl))
	}
	switch i.Type {
	case Dynamic:
		r.kept = recipe.KeepNode(d.c, r.path, data, append(opts, recipe.TakeOver())...)
	case DynamicSequential:
		r.kept = recipe.KeepNumbered(d.c, r.path, data, opts...)
	default:
		r.kept = newPersistent(d, r.path, data)
	}
	return r
}

// own returns a copy that later changes to i do not affect. Its time has the precision with which it is written.
func (i Instance) own() Instance {
	i.Registered = time.UnixMilli(i.Registered.UnixMilli()).UTC()
	i.Payload, i.URI = bytes.Clone(i.Payload), slices.Clone(i.URI)
	return i
}

// newID returns a random UUID, as Curator does.
func newID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}

// encode returns the JSON of a valid instance.
func (i Instance) encode() ([]byte, error) {
	if err := i.check(); err != nil {
		return nil, err
	}
	return i.MarshalJSON()
}

// Instance returns the registered instance, including the id and the time that Register has set, or the one of the last Update
// that has succeeded.
func (r *Registration) Instance() Instance {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.instance
}

// Path returns the path of the znode. For a DynamicSequential instance, it is known when that is ready.
func (r *Registration) Path() string {
	if r.err != nil {
		return r.path
	}
	return r.kept.Path()
}

// Ready completes when others can see the instance for the first time. It fails if it cannot be registered: the instance
// is invalid, a permission is missing, the client was closed. Then nothing is kept.
func (r *Registration) Ready() *future.Future[future.Void] {
	if r.err != nil {
		return core.OnHandler(r.d.c, future.Failed[future.Void](r.err))
	}
	return r.kept.Ready()
}

// Update changes what others see (Curator: updateService). Name, id and type must stay the same; an empty id means the present
// one. The time of registration stays unless i has another. The future completes when the znode has this content, or later
// content, or will have it once it exists. If it fails, a znode that somebody deletes may still be created again with this
// content.
func (r *Registration) Update(i Instance) *future.Future[future.Void] {
	if r.err != nil {
		return core.OnHandler(r.d.c, future.Failed[future.Void](r.err))
	}
	written, i, turn := r.write(i)
	return future.Then(written, func(future.Void) (future.Void, error) {
		r.show(i, turn)
		return future.Void{}, nil
	})
}

// write starts an update, and returns its outcome, what will be registered, and the update's number. Updates are made in order.
func (r *Registration) write(i Instance) (written *future.Future[future.Void], next Instance, turn int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	was := r.instance
	if i.ID == "" {
		i.ID = was.ID
	}
	if i.Registered.IsZero() {
		i.Registered = was.Registered
	}
	if i.Name != was.Name || i.ID != was.ID || i.Type != was.Type {
		return fails[future.Void](r.d, "update", r.path, fmt.Errorf("%w: %s %s %s", ErrOtherInstance, i.Name, i.ID, i.Type)), i, 0
	}
	i = i.own()
	data, err := i.encode()
	if err != nil {
		return fails[future.Void](r.d, "update", r.path, err), i, 0
	}
	r.updates++
	return r.kept.SetData(data), i, r.updates
}

// show records what an update has written, unless a later update has completed before.
func (r *Registration) show(i Instance, turn int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if turn > r.shown {
		r.instance, r.shown = i, turn
	}
}

// Unregister deletes the znode, if it exists, and stops keeping it (Curator: unregisterService). The future completes
// when it is gone.
func (r *Registration) Unregister() *future.Future[future.Void] {
	if r.err != nil {
		return core.OnHandler(r.d.c, future.Resolved(future.Void{}))
	}
	return r.kept.Close()
}
