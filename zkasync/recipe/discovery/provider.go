package discovery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// Provider hands out instances of a service by a strategy (Curator: ServiceProvider), except those that are disabled,
// filtered out, or have failed. It is safe for concurrent use.
type Provider struct {
	view *View
	cfg  providerConfig

	mu      sync.Mutex
	down    down
	waiting []*waiter // in the order of the calls

	back alarm // serves waiting calls when an instance is no longer set aside
}

// waiter is a call of Await.
type waiter struct {
	promise *future.Promise[Instance]
	unlink  func() bool
}

// ErrNoInstance is the error of [Provider.Next] when no instance is available.
var ErrNoInstance = errors.New("no instance is available")

// providerConfig is what the options set.
type providerConfig struct {
	strategy Strategy
	down     DownPolicy
	filter   func(Instance) bool
	err      error
}

// ProviderOption is an option of [Discovery.Provider]. An invalid one ends the provider at once, and Err says why.
type ProviderOption struct{ apply func(*providerConfig) error }

// WithStrategy sets how instances are chosen; the default is [RoundRobin]. A strategy is for one provider.
func WithStrategy(s Strategy) ProviderOption {
	return ProviderOption{func(cfg *providerConfig) error {
		if s == nil {
			return errors.New("strategy is nil")
		}
		cfg.strategy = s
		return nil
	}}
}

// WithDownPolicy sets when an instance is set aside; the default is two errors within 30 seconds.
func WithDownPolicy(p DownPolicy) ProviderOption {
	return ProviderOption{func(cfg *providerConfig) (err error) {
		cfg.down, err = p.checked()
		return err
	}}
}

// WithFilter hands out only instances for which use returns true. Use is called under the provider's lock and must not
// block.
func WithFilter(use func(Instance) bool) ProviderOption {
	return ProviderOption{func(cfg *providerConfig) error {
		if use == nil {
			return errors.New("filter is nil")
		}
		cfg.filter = use
		return nil
	}}
}

// Provider keeps a service current and hands out its instances, until ctx ends, Close is called, or the client ends.
func (d *Discovery) Provider(ctx context.Context, name string, opts ...ProviderOption) *Provider {
	cfg := providerConfig{strategy: RoundRobin(), filter: func(Instance) bool { return true }}
	cfg.down, _ = DownPolicy{}.checked()
	for _, o := range opts {
		if o.apply != nil {
			cfg.err = errors.Join(cfg.err, o.apply(&cfg))
		}
	}
	if cfg.err != nil {
		refused, cancel := context.WithCancelCause(context.Background())
		cancel(cfg.err)
		ctx = refused
	}
	p := &Provider{view: d.Watch(ctx, name), cfg: cfg, down: down{policy: cfg.down, failed: make(map[identity]failures)}}
	p.follow()
	return p
}

// follow serves waiting calls, after each change.
func (p *Provider) follow() {
	changed := p.view.Changed()
	p.serve()
	if p.view.Err() != nil {
		p.back.end()
	} else {
		future.Then(changed, func(future.Void) (future.Void, error) {
			p.follow()
			return future.Void{}, nil
		})
	}
}

// Service returns the service with all of its instances, or false while it is not known.
func (p *Provider) Service() (Service, bool) { return p.view.Latest() }

// Available returns the instances that may be handed out (Curator: getAllInstances).
func (p *Provider) Available() []Instance {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.availableLocked()
}

func (p *Provider) availableLocked() (all []Instance) {
	service, _ := p.view.Latest()
	now := time.Now()
	for _, i := range service.Instances {
		if !i.Disabled && !p.down.isAside(i.identity(), now) && p.cfg.filter(i) {
			all = append(all, i)
		}
	}
	return all
}

// Next returns an instance by the strategy, without waiting (Curator: getInstance). The error is [ErrNoInstance] if none is
// available, or the service is not known yet; [Provider.Await] waits instead.
func (p *Provider) Next() (Instance, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.nextLocked()
}

func (p *Provider) nextLocked() (Instance, error) {
	if err := p.view.Err(); err != nil {
		return Instance{}, err
	}
	available := p.availableLocked()
	if len(available) == 0 {
		return Instance{}, p.fail(ErrNoInstance)
	}
	chosen := p.cfg.strategy(available)
	if chosen < 0 || chosen >= len(available) {
		return Instance{}, p.fail(fmt.Errorf("the strategy chose %d of %d", chosen, len(available)))
	}
	return available[chosen], nil
}

func (p *Provider) fail(err error) error {
	return &recipe.Error{Op: "provide", Path: p.view.d.path(p.view.name), Err: err}
}

// Await waits until an instance is available and chooses one by the strategy; calls are served in order. The future
// fails with the cause of ctx if that is done first, and when the provider ends.
func (p *Provider) Await(ctx context.Context) *future.Future[Instance] {
	if ctx == nil {
		ctx = context.Background()
	}
	w := &waiter{promise: future.NewPromise[Instance](nil)}
	told := core.OnHandler(p.view.d.c, w.promise.Future())
	if ctx.Err() != nil {
		p.leave(w, context.Cause(ctx))
		return told
	}
	p.mu.Lock()
	w.unlink = context.AfterFunc(ctx, func() { p.leave(w, context.Cause(ctx)) })
	p.waiting = append(p.waiting, w)
	p.mu.Unlock()
	p.serve()
	return told
}

// leave ends a call of Await whose context is done.
func (p *Provider) leave(w *waiter, why error) {
	p.mu.Lock()
	p.waiting = slices.DeleteFunc(p.waiting, func(other *waiter) bool { return other == w })
	p.mu.Unlock()
	w.promise.Reject(p.fail(why))
}

// serve gives instances to waiting calls, as long as there are instances and calls.
func (p *Provider) serve() {
	for {
		w, i, err := p.due()
		if w == nil {
			return
		}
		w.unlink()
		if err != nil {
			w.promise.Reject(err)
		} else {
			w.promise.Resolve(i)
		}
	}
}

// due removes the call to be served next, and returns it with its instance or error. It returns nil if no call waits or no
// instance is available.
func (p *Provider) due() (w *waiter, i Instance, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waiting) == 0 {
		return nil, i, nil
	}
	if i, err = p.pickLocked(); errors.Is(err, ErrNoInstance) {
		return nil, i, nil
	}
	w = p.waiting[0]
	p.waiting = slices.Delete(p.waiting, 0, 1)
	return w, i, err
}

// pickLocked is like nextLocked, but returns an error if the strategy or the filter panics.
func (p *Provider) pickLocked() (i Instance, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = p.fail(fmt.Errorf("the strategy or the filter panicked: %v", v))
		}
	}()
	return p.nextLocked()
}

// NoteError tells the provider that an instance has failed. After a number of errors it is not handed out for a while: see
// [DownPolicy]. An instance that is registered anew starts without errors.
func (p *Provider) NoteError(i Instance) {
	p.mu.Lock()
	now := time.Now()
	aside := p.down.note(i.identity(), now)
	pause, _ := p.down.next(now)
	p.mu.Unlock()
	if aside {
		p.back.set(pause, p.returned)
	}
}

// returned serves waiting calls when an instance is no longer set aside.
func (p *Provider) returned() {
	p.mu.Lock()
	pause, more := p.down.next(time.Now())
	p.mu.Unlock()
	if more {
		p.back.set(pause, p.returned)
	}
	p.serve()
}

// Changed is like [View.Changed]: the future completes with the next change of the service, or when p ends.
func (p *Provider) Changed() *future.Future[future.Void] { return p.view.Changed() }

// Done returns a channel that is closed when p has ended.
func (p *Provider) Done() <-chan struct{} { return p.view.Done() }

// Err returns why p has ended, or nil if it has not: see [View.Err].
func (p *Provider) Err() error { return p.view.Err() }

// Close ends p.
func (p *Provider) Close() {
	p.view.Close()
	p.back.end()
}
