package discovery_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/discovery"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// inBubble runs a test in virtual time, with a client of a server in this process.
func inBubble(t *testing.T, test func(t *testing.T, c *zkasync.Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		srv := zktest.Run(t)
		test(t, connect(t, srv.Addr(), srv.Options()...))
	})
}

// registered registers instances of the service web.
func registered(t *testing.T, d *discovery.Discovery, ids ...string) (all []*discovery.Registration) {
	t.Helper()
	for _, id := range ids {
		r := d.Register(discovery.Instance{Name: "web", ID: id, Address: id})
		must(t, r.Ready())
		all = append(all, r)
	}
	return all
}

// given returns the addresses of the next n instances that a provider chooses.
func given(t *testing.T, p *discovery.Provider, n int) string {
	t.Helper()
	var all []string
	for range n {
		i, err := p.Next()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, i.Address)
	}
	return strings.Join(all, " ")
}

func TestProvider_Strategies(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, c *zkasync.Client) {
		d := discovery.New(c, "/services")
		all := registered(t, d, "a", "b", "c")
		provider := func(s discovery.Strategy) *discovery.Provider {
			p := d.Provider(t.Context(), "web", discovery.WithStrategy(s))
			must(t, p.Await(t.Context()))
			return p
		}
		robin := d.Provider(t.Context(), "web") // the default
		defer robin.Close()
		if first := must(t, robin.Await(t.Context())); first.Address != "a" {
			t.Errorf("the first is %s", first.Address)
		}
		if got := given(t, robin, 5); got != "b c a b c" {
			t.Errorf("one after the other: %s", got)
		}
		random := provider(discovery.Random())
		defer random.Close()
		counts := make(map[string]int)
		for range 300 {
			counts[given(t, random, 1)]++
		}
		if len(counts) != 3 || counts["a"] < 50 {
			t.Errorf("at random: %v", counts)
		}
		sticky := provider(discovery.Sticky(discovery.RoundRobin()))
		defer sticky.Close()
		if got := given(t, sticky, 3); got != "a a a" {
			t.Errorf("sticky: %s", got)
		}
		next := all[0].Instance()
		next.Payload = []byte(`"new"`)
		must(t, all[0].Update(next))
		synctest.Wait()
		if got := given(t, sticky, 3); got != "a a a" {
			t.Errorf("sticky after an update: %s", got)
		}
		must(t, all[0].Unregister())
		synctest.Wait()
		if got := given(t, sticky, 3); got != "c c c" { // the third one's turn, after a and b
			t.Errorf("sticky after the end of a: %s", got)
		}
		wrong := provider(func([]discovery.Instance) int { return 0 })
		wrong.Close()
		bad := d.Provider(t.Context(), "web", discovery.WithStrategy(func(all []discovery.Instance) int { return len(all) }))
		defer bad.Close()
		says(t, bad.Await(t.Context()), "the strategy chose 2 of 2")
	})
}

// An instance that has failed is set aside for as long as the policy says, and then returns. Old errors do not count.
func TestProvider_SetsFailedInstancesAside(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, c *zkasync.Client) {
		d := discovery.New(c, "/services")
		all := registered(t, d, "a", "b")
		p := d.Provider(t.Context(), "web", discovery.WithDownPolicy(discovery.DownPolicy{Errors: 3, Timeout: time.Minute}))
		defer p.Close()
		must(t, p.Await(t.Context()))
		a, b := all[0].Instance(), all[1].Instance()
		available := func(want string) {
			t.Helper()
			var got []string
			for _, i := range p.Available() {
				got = append(got, i.Address)
			}
			if strings.Join(got, " ") != want {
				t.Errorf("available %v, want %s", got, want)
			}
		}
		p.NoteError(a)
		p.NoteError(a)
		available("a b")
		time.Sleep(time.Minute)
		p.NoteError(a) // the earlier errors no longer count
		p.NoteError(a)
		available("a b")
		time.Sleep(59 * time.Second)
		p.NoteError(a)
		available("b")
		if got := given(t, p, 2); got != "b b" {
			t.Error(got)
		}
		next := a
		next.Port = 1
		must(t, all[0].Update(next))
		synctest.Wait()
		available("b") // after an update, a is still the same instance
		time.Sleep(10 * time.Second)
		for range 3 {
			p.NoteError(b)
		}
		if _, err := p.Next(); !errors.Is(err, discovery.ErrNoInstance) {
			t.Error(err)
		}
		begun := time.Now()
		if i, err := p.Await(t.Context()).Get(t.Context()); err != nil || i.Address != "a" || time.Since(begun) != 50*time.Second {
			t.Errorf("%s after %v, %v", i.Address, time.Since(begun), err)
		}
		for range 3 {
			p.NoteError(a)
		}
		must(t, all[0].Unregister())
		time.Sleep(10 * time.Second)
		again := registered(t, d, "a")
		synctest.Wait()
		available("a b") // a is registered anew, and the minute of b is over
		must(t, again[0].Unregister())
	})
}

func TestProvider_Await(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, c *zkasync.Client) {
		d := discovery.New(c, "/services")
		p := d.Provider(t.Context(), "web", discovery.WithFilter(func(i discovery.Instance) bool { return i.Port == 80 }))
		if _, err := p.Next(); !errors.Is(err, discovery.ErrNoInstance) {
			t.Error(err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		first, given, third := p.Await(t.Context()), p.Await(ctx), p.Await(t.Context())
		cancel(errors.New("enough"))
		says(t, given, "enough")
		says(t, p.Await(ctx), "enough")
		var order []int
		first.OnDone(func(discovery.Instance, error) { order = append(order, 1) })
		last := third.OnDone
		done := future.NewPromise[future.Void](nil)
		last(func(discovery.Instance, error) { order = append(order, 3); done.Resolve(future.Void{}) })
		must(t, d.Register(discovery.Instance{Name: "web", ID: "filtered", Port: 81}).Ready())
		r := d.Register(discovery.Instance{Name: "web", ID: "disabled", Port: 80, Disabled: true})
		must(t, r.Ready())
		synctest.Wait()
		if first.Ready() || third.Ready() {
			t.Error("an instance that is filtered out or disabled was handed out")
		}
		if s, known := p.Service(); !known || len(s.Instances) != 2 {
			t.Errorf("there is %+v", s)
		}
		next := r.Instance()
		next.Disabled = false
		must(t, r.Update(next))
		if i := must(t, first); i.ID != "disabled" {
			t.Errorf("got %+v", i)
		}
		must(t, third)
		must(t, done.Future())
		if fmt.Sprint(order) != "[1 3]" {
			t.Errorf("served in the order %v", order)
		}
		must(t, r.Unregister())
		synctest.Wait()
		waiting := p.Await(t.Context())
		p.Close()
		<-p.Done()
		says(t, waiting, "given back")
		says(t, p.Await(t.Context()), "given back")
		if _, err := p.Next(); err == nil || err != p.Err() {
			t.Errorf("%v, %v", err, p.Err())
		}
		must(t, p.Changed())
	})
}

func TestProvider_RefusesWrongOptions(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, c *zkasync.Client) {
		d := discovery.New(c, "/services")
		for text, o := range map[string]discovery.ProviderOption{
			"strategy is nil":                 discovery.WithStrategy(nil),
			"filter is nil":                   discovery.WithFilter(nil),
			"number of errors -1 is negative": discovery.WithDownPolicy(discovery.DownPolicy{Errors: -1}),
			"timeout -1s is negative":         discovery.WithDownPolicy(discovery.DownPolicy{Timeout: -time.Second}),
		} {
			p := d.Provider(t.Context(), "web", o)
			says(t, p.Await(t.Context()), text)
			<-p.Done()
			if err := p.Err(); !contains(err, text) {
				t.Error(err)
			}
		}
	})
}

// If a strategy panics, the call that it was to serve gets an error, and other calls are not affected.
func TestProvider_StrategyThatPanics(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, c *zkasync.Client) {
		d := discovery.New(c, "/s")
		calls := 0
		p := d.Provider(t.Context(), "web", discovery.WithStrategy(func([]discovery.Instance) int {
			if calls++; calls == 1 {
				panic("on purpose")
			}
			return 0
		}))
		defer p.Close()
		first := p.Await(t.Context())
		registered(t, d, "a")
		if _, err := first.Get(t.Context()); err == nil || !strings.Contains(err.Error(), "on purpose") {
			t.Errorf("the first call got %v", err)
		}
		if i := must(t, p.Await(t.Context())); i.ID != "a" {
			t.Errorf("the next call got %+v", i)
		}
	})
}

// A znode that is too large to be read does not hide the others.
func TestDiscovery_SkipsWhatIsTooLarge(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t)
	c := connect(t, srv.Addr(), append(srv.Options(), zkasync.WithMaxReplySize(4096))...)
	d := discovery.New(c, "/s")
	registered(t, d, "a")
	must(t, c.Create(t.Context(), "/s/web/large", []byte(strings.Repeat("x", 10000))))
	if s := must(t, d.Service(t.Context(), "web")); len(s.Instances) != 1 || len(s.Skipped) != 1 {
		t.Errorf("there are %d, skipped %v", len(s.Instances), s.Skipped)
	}
}

// Nothing refers to a provider that has ended, not even its timer while an instance is set aside.
func TestProvider_CloseStopsItsTimer(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t)
	c := connect(t, srv.Addr(), srv.Options()...)
	d := discovery.New(c, "/services")
	one := registered(t, d, "a")[0].Instance()
	for name, end := range map[string]func(*discovery.Provider, context.CancelFunc){
		"Close":   func(p *discovery.Provider, _ context.CancelFunc) { p.Close() },
		"context": func(_ *discovery.Provider, cancel context.CancelFunc) { cancel() },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		p := d.Provider(ctx, "web", discovery.WithDownPolicy(discovery.DownPolicy{Errors: 1, Timeout: time.Hour}))
		must(t, p.Await(t.Context()))
		p.NoteError(one)
		end(p, cancel)
		<-p.Done()
		held := weak.Make(p)
		p = nil
		poll(t, name+": the provider is garbage", func() bool {
			runtime.GC()
			return held.Value() == nil
		})
		cancel()
	}
}

// A strategy may close its provider.
func TestProvider_StrategyThatCloses(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, c *zkasync.Client) {
		d := discovery.New(c, "/s")
		registered(t, d, "a")
		var p *discovery.Provider
		made := make(chan struct{})
		p = d.Provider(t.Context(), "web", discovery.WithStrategy(func([]discovery.Instance) int {
			<-made
			p.Close()
			return 0
		}))
		close(made)
		if i := must(t, p.Await(t.Context())); i.ID != "a" {
			t.Errorf("got %+v", i)
		}
		<-p.Done()
	})
}
