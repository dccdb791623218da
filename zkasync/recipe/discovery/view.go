package discovery

import (
	"context"
	"iter"
	"sync"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/stream"
)

// View is a service kept current in memory: see [Discovery.Watch]. It follows changes across lost connections and
// sessions, and uses no goroutine. It is safe for concurrent use, and read like a [recipe.Roster]: from the channel of
// C, with range over All, with callbacks, and without waiting by Latest. Changed is a future for the next change.
type View struct {
	d      *Discovery
	name   string
	roster *recipe.Roster
	newest *stream.Latest[Service] // for C and OnChange
	shown  int64                   // the roster's revision that newest has; used by news only
	follow sync.Once               // makes newest follow the roster

	mu       sync.Mutex
	revision int64 // the roster's revision that latest was made from
	latest   Service
	read     map[string]reading // by the znode's name
}

// reading is the result of decoding a znode's data, and which data they were.
type reading struct {
	czxid, mzxid int64
	instance     Instance
	err          error
}

// Watch keeps a service current (Curator: ServiceCache), until ctx ends, Close is called, or the client ends. The
// service need not exist.
func (d *Discovery) Watch(ctx context.Context, name string) *View {
	if err := checkName("a service", name); err != nil {
		refused, cancel := context.WithCancelCause(context.Background())
		cancel(err)
		ctx = refused
	}
	return &View{d: d, name: name, roster: recipe.NewGroup(d.c, d.path(name)).Roster(ctx), read: make(map[string]reading),
		newest: stream.NewLatest[Service](func(fn func()) { core.Post(d.c, fn) })}
}

// Latest returns the present state of the service, or false while it is not known. Its slices are shared, so do not modify
// them.
func (v *View) Latest() (Service, bool) {
	s, _, known := v.at()
	return s, known
}

// at is like Latest, and also returns the roster's revision.
func (v *View) at() (s Service, revision int64, known bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	members, revision, known := v.roster.At()
	if known && revision != v.revision {
		v.latest, v.revision = v.serviceLocked(members), revision
	}
	return v.latest, revision, known
}

// serviceLocked returns the service of these members. It decodes only those that have changed.
func (v *View) serviceLocked(members []recipe.Member) Service {
	s := Service{Name: v.name}
	read := make(map[string]reading, len(members))
	for _, m := range members {
		r, ok := v.read[m.Name]
		if !ok || m.Err != nil || r.czxid != m.Stat.Czxid || r.mzxid != m.Stat.Mzxid {
			r = reading{czxid: m.Stat.Czxid, mzxid: m.Stat.Mzxid, err: m.Err}
			if r.err == nil {
				r.err = r.instance.UnmarshalJSON(m.Data)
			}
		}
		read[m.Name] = r
		if r.err != nil {
			s.Skipped = append(s.Skipped, Skipped{core.Join(v.d.path(v.name), m.Name), r.err})
		} else {
			s.Instances = append(s.Instances, r.instance)
		}
	}
	v.read = read
	return s
}

// Changed returns a future that completes with the next change after this call, when the service becomes known, or at
// the end. To miss nothing, call it before Latest. Its callbacks run on the client's handler.
func (v *View) Changed() *future.Future[future.Void] { return v.roster.Changed() }

// All ranges over the service: it yields its present state, and again after each change, until v or ctx has ended.
// Changes in quick succession are merged. The last pair carries the reason, that of Err or of ctx. Leaving the loop does
// not end v.
func (v *View) All(ctx context.Context) iter.Seq2[Service, error] {
	return func(yield func(Service, error) bool) {
		for _, err := range v.roster.All(ctx) {
			var s Service
			if err == nil {
				s, _ = v.Latest()
			}
			if !yield(s, err) {
				return
			}
		}
	}
}

// C returns the channel of the service, the same one for each call, for one reader. It holds the newest state that has
// not been received, and is closed at the end; Err then says why. Its slices are shared, so do not modify them.
func (v *View) C() <-chan Service {
	ch := v.newest.C()
	v.follow.Do(v.next)
	return ch
}

// OnChange calls fn with the service, if it is known, and again after changes, on the client's handler. Each call
// receives the state that is newest when it runs. After remove, fn is not called again; a call in progress is not waited
// for.
func (v *View) OnChange(fn func(Service)) (remove func()) {
	remove = v.newest.OnChange(fn)
	v.follow.Do(v.next)
	return remove
}

// next delivers what is new to the readers of C and OnChange, now and after each change.
func (v *View) next() {
	changed, ended := v.roster.Changed(), v.Err() != nil
	v.newest.Pull(v.news)
	if ended {
		v.newest.End()
		return
	}
	future.Transform(changed, func(future.Void, error) *future.Future[future.Void] {
		v.next()
		return nothing
	})
}

var nothing = future.Resolved(future.Void{})

// news returns the service, unless newest has it already.
func (v *View) news() (Service, bool) {
	s, revision, known := v.at()
	if !known || revision == v.shown {
		return Service{}, false
	}
	v.shown = revision
	return s, true
}

// Done returns a channel that is closed when v has ended.
func (v *View) Done() <-chan struct{} { return v.roster.Done() }

// Err returns why v has ended, or nil if it has not: see [recipe.Roster.Err].
func (v *View) Err() error { return v.roster.Err() }

// Close ends v.
func (v *View) Close() { v.roster.Close() }

// Refresh reads everything again, which is useful after permissions have changed.
func (v *View) Refresh() { v.roster.Refresh() }

var _ keeper = (*recipe.Node)(nil)
