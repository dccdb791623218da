package discovery

import (
	"fmt"
	"time"
)

// DownPolicy says when an instance is set aside, and for how long (Curator: DownInstancePolicy). The zero value of a
// field means its default.
type DownPolicy struct {
	// Errors is how many errors within Timeout set it aside. The default is 2.
	Errors int
	// Timeout is for how long an instance is set aside, and also for how long its errors count. The default is 30 seconds.
	// (Curator counts both from the first error, so that an instance may return at once.)
	Timeout time.Duration
}

const (
	defaultErrors  = 2
	defaultTimeout = 30 * time.Second
)

func (p DownPolicy) checked() (DownPolicy, error) {
	switch {
	case p.Errors < 0:
		return p, fmt.Errorf("number of errors %d is negative", p.Errors)
	case p.Timeout < 0:
		return p, fmt.Errorf("timeout %v is negative", p.Timeout)
	}
	if p.Errors == 0 {
		p.Errors = defaultErrors
	}
	if p.Timeout == 0 {
		p.Timeout = defaultTimeout
	}
	return p, nil
}

// down keeps track of instances that have failed.
type down struct {
	policy DownPolicy
	failed map[identity]failures
}

// failures are the errors of one instance.
type failures struct {
	count int
	since time.Time // when the first error came or, later, when the instance was set aside
}

// note counts an error, and reports whether this sets the instance aside.
func (d *down) note(id identity, now time.Time) bool {
	d.forget(now)
	f := d.failed[id]
	if f.count == 0 {
		f.since = now
	}
	f.count++
	aside := f.count == d.policy.Errors
	if aside {
		f.since = now
	}
	d.failed[id] = f
	return aside
}

// isAside reports whether an instance is set aside.
func (d *down) isAside(id identity, now time.Time) bool {
	f, ok := d.failed[id]
	return ok && f.count >= d.policy.Errors && now.Sub(f.since) < d.policy.Timeout
}

// next returns how long it takes until an instance that is set aside returns, or false if there is none.
func (d *down) next(now time.Time) (pause time.Duration, ok bool) {
	for id, f := range d.failed {
		if left := d.policy.Timeout - now.Sub(f.since); d.isAside(id, now) && (!ok || left < pause) {
			pause, ok = left, true
		}
	}
	return pause, ok
}

// forget drops failures that no longer count.
func (d *down) forget(now time.Time) {
	for id, f := range d.failed {
		if now.Sub(f.since) >= d.policy.Timeout {
			delete(d.failed, id)
		}
	}
}
