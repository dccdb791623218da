package recipe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// TimedLease belongs to one holder until a point in time, whether its session lives or not, and nobody waits for it
// (kazoo: NonBlockingLease and MultiNonBlockingLease, on the same path as well). It is for jobs that are started on
// several hosts but should run on one of them, usually the same one, and on another after that one has been down for the
// lease's duration. It is safe for concurrent use.
//
// It relies on the clocks of the hosts. If one is ahead of another by d, a lease may be taken over d too early. So keep
// clocks synchronised (NTP), use a duration many times their difference, and stop work that long before the end. For
// work that must never be done twice at a time, use a [Mutex] and its fence.
type TimedLease struct {
	c        *zkasync.Client
	cfg      config
	paths    []string
	duration time.Duration
}

// LeaseTakenError is the error of [TimedLease.Obtain] when somebody else has the lease. It matches [ErrLocked].
type LeaseTakenError struct {
	Holder string    // its identifier
	End    time.Time // by the holder's clock
}

// Error names the holder.
func (e *LeaseTakenError) Error() string {
	return fmt.Sprintf("%s has it until %s", plain(e.Holder), e.End.Format(time.RFC3339))
}

// Is reports whether target is ErrLocked.
func (e *LeaseTakenError) Is(target error) bool { return target == ErrLocked }

// NewTimedLease returns the lease at path, which is created if it is missing. The duration is rounded down to whole
// seconds. The same identifier means the same holder: the default is the host's name, as in kazoo. The lock that is held
// for a moment to look is named like kazoo's; with another naming, kazoo's processes are not excluded. Nothing is sent.
func NewTimedLease(c *zkasync.Client, path string, duration time.Duration, opts ...Option) *TimedLease {
	return newTimedLease(c, []string{path}, duration, opts)
}

// NewTimedLeases returns a lease that count holders may have at a time: the first free one of those at path/0, path/1
// and so on (kazoo: MultiNonBlockingLease).
func NewTimedLeases(c *zkasync.Client, path string, count int, duration time.Duration, opts ...Option) *TimedLease {
	var paths []string
	for i := range count {
		paths = append(paths, core.Join(path, strconv.Itoa(i)))
	}
	l := newTimedLease(c, paths, duration, opts)
	if count < 1 && l.cfg.err == nil {
		l.cfg.err = fmt.Errorf("%d leases: want at least 1", count)
	}
	return l
}

func newTimedLease(c *zkasync.Client, paths []string, duration time.Duration, opts []Option) *TimedLease {
	host, err := os.Hostname()
	if err != nil {
		host = defaultIdentifier()
	}
	l := &TimedLease{c: c, paths: paths, duration: duration}
	l.cfg = newConfig(append([]Option{WithIdentifier(host), WithNaming(Kazoo)}, opts...))
	if duration < time.Second && l.cfg.err == nil {
		l.cfg.err = fmt.Errorf("a lease of %v: want at least a second", duration)
	}
	if !utf8.ValidString(l.cfg.id) && l.cfg.err == nil {
		l.cfg.err = fmt.Errorf("identifier %q is not valid UTF-8", l.cfg.id)
	}
	return l
}

// Obtain acquires or renews the lease and returns its end. It fails with a [*LeaseTakenError] if somebody else has it;
// with several leases the error is that of the last one. A lease written by another program in an unknown form is left
// alone, with an error.
//
// There is no way to give a lease back early: let it end. If the outcome is unknown, call Obtain again to find out.
func (l *TimedLease) Obtain(ctx context.Context) *future.Future[time.Time] {
	if l.cfg.err != nil {
		path := ""
		if len(l.paths) > 0 {
			path = l.paths[0]
		}
		return failed[time.Time](l.c, "obtain", path, l.cfg.err)
	}
	return core.OnHandler(l.c, l.try(core.OrBackground(ctx), 0))
}

// try obtains the first available lease from number i on.
func (l *TimedLease) try(ctx context.Context, i int) *future.Future[time.Time] {
	o := &obtaining{l: l, ctx: ctx, path: l.paths[i]}
	return future.Transform(o.begin(), func(end time.Time, err error) *future.Future[time.Time] {
		switch {
		case err == nil:
			return future.Resolved(end)
		case errors.Is(err, ErrLocked) && i+1 < len(l.paths):
			return l.try(ctx, i+1)
		default:
			return future.Failed[time.Time](err)
		}
	})
}

// obtaining is an attempt at one path, under its lock.
type obtaining struct {
	l    *TimedLease
	ctx  context.Context
	path string
	held *Held
}

func (o *obtaining) holder() string { return core.Join(o.path, "lease_holder") }

func (o *obtaining) begin() *future.Future[time.Time] {
	cfg := o.l.cfg
	s := &side{c: o.l.c, path: o.path, cfg: cfg, role: cfg.naming.mutex()}
	return future.FlatMap(s.contend(o.ctx, "obtain", []byte(cfg.id), false), func(held *Held) *future.Future[time.Time] {
		o.held = held
		looked := o.look()
		return future.Transform(looked, func(_ time.Time, err error) *future.Future[time.Time] {
			held.Unlock()
			var told *Error
			if err != nil && !errors.As(err, &told) {
				return future.Failed[time.Time](&Error{Op: "obtain", Path: o.path, Err: err})
			}
			return looked
		})
	})
}

// look reads who has the lease, and takes it if nobody has it any longer.
func (o *obtaining) look() *future.Future[time.Time] {
	read := core.Retry(o.ctx, o.l.c, func(ctx context.Context) *future.Future[zkasync.Node] { return o.l.c.Get(ctx, o.holder()) })
	return future.Transform(read, func(node zkasync.Node, err error) *future.Future[time.Time] {
		now := time.Now()
		end := now.Add(o.l.duration).UTC().Truncate(time.Second)
		data := term{1, o.l.cfg.id, end}.encode()
		switch {
		case core.IsNoNode(err):
			return o.write(end, zkasync.CreateOp(o.holder(), data, o.l.cfg.aclOptions()...))
		case err != nil:
			return future.Failed[time.Time](err)
		default:
			if err := o.l.judge(node.Data, now); err != nil {
				return future.Failed[time.Time](err)
			}
			return o.write(end, zkasync.SetOp(o.holder(), data, node.Stat.Version))
		}
	})
}

// judge returns why the lease is not available.
func (l *TimedLease) judge(data []byte, now time.Time) error {
	t, err := decodeTerm(data)
	switch {
	case err != nil:
		return err
	case t.holder != l.cfg.id && now.Before(t.end):
		return &LeaseTakenError{Holder: t.holder, End: t.end}
	default:
		return nil
	}
}

// write writes the lease, unless the lock has gone to somebody else.
func (o *obtaining) write(end time.Time, op zkasync.MultiOp) *future.Future[time.Time] {
	return future.Then(o.held.Multi(o.ctx, op), func([]zkasync.MultiResult) (time.Time, error) { return end, nil })
}

// term is the content of the znode: kazoo's JSON.
type term struct {
	version int
	holder  string
	end     time.Time
}

// termFormat is kazoo's, in UTC.
const termFormat = "2006-01-02T15:04:05"

func (t term) encode() []byte {
	holder, _ := json.Marshal(t.holder) // a string can always be encoded
	return fmt.Appendf(nil, `{"version": %d, "holder": %s, "end": "%s"}`, t.version, holder, t.end.UTC().Format(termFormat))
}

func decodeTerm(data []byte) (t term, err error) {
	var j struct {
		Version *int
		Holder  *string
		End     string
	}
	if err := json.Unmarshal(data, &j); err != nil {
		return t, fmt.Errorf("%.60q is no lease: %w", data, err)
	}
	if j.Version == nil || j.Holder == nil || *j.Version != 1 {
		return t, fmt.Errorf("%.60q is no lease of version 1", data)
	}
	if t.end, err = time.ParseInLocation(termFormat, j.End, time.UTC); err != nil {
		return t, fmt.Errorf("%.60q is no lease: %w", data, err)
	}
	t.version, t.holder = *j.Version, *j.Holder
	return t, nil
}
