package zkasync_test

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

const (
	logWindow = 16
	logPause  = 5 * time.Millisecond
)

// chaosLog is a znode under which one client creates sequential znodes, several at a time. The server accepts the same create
// twice here, so the list of children tells how often each create was applied, and in which order.
type chaosLog struct {
	cc   *chaosClient
	path string

	mu      sync.Mutex
	entries []logEntry
}

// logEntry is one create.
type logEntry struct {
	at   time.Duration // of the submission
	path string        // the path in the answer
	err  error
	done time.Duration
}

// appendLog makes creates, with no more than a window of them pending.
func (cc *chaosClient) appendLog() {
	l := cc.log
	room := make(chan struct{}, logWindow)
	for !cc.over() {
		room <- struct{}{}
		l.mu.Lock()
		i := len(l.entries)
		l.entries = append(l.entries, logEntry{at: cc.x.since()})
		l.mu.Unlock()
		submit(cc, func() *future.Future[zkasync.Created] {
			return cc.c.Create(context.Background(), fmt.Sprintf("%s/%d-", l.path, i), nil, zkasync.Sequential())
		}).OnDone(func(made zkasync.Created, err error) {
			l.mu.Lock()
			e := &l.entries[i]
			e.path, e.err, e.done = made.Path, err, cc.x.since()
			l.mu.Unlock()
			<-room
		})
		if i%logWindow == 0 {
			cc.rest(logPause * logWindow)
		}
	}
}

// check compares the answers with the children on the server.
func (l *chaosLog) check() {
	t := l.cc.x.t
	applied := make(map[int][]string)
	listed := make(chan zkasync.Children, 1) // filled by a callback, which runs after those of all creates
	l.cc.c.Children(testContext(t), l.path).OnDone(func(ch zkasync.Children, err error) {
		if err != nil {
			t.Errorf("children of %s: %v", l.path, err)
		}
		listed <- ch
	})
	for _, name := range (<-listed).Names {
		number, _, _ := strings.Cut(name, "-")
		i, err := strconv.Atoi(number)
		if err != nil || i >= len(l.entries) {
			l.cc.x.complain("%s: unexpected child %q", l.path, name)
			continue
		}
		applied[i] = append(applied[i], name)
	}
	last, unknown := "", 0
	for i, e := range l.entries {
		names := applied[i]
		switch {
		case len(names) > 1:
			l.complain(i, "was applied %d times: %q", len(names), names)
		case e.err == nil && (len(names) == 0 || names[0] != path.Base(e.path)):
			l.complain(i, "was acknowledged as %s, there is %q", e.path, names)
		case e.err != nil && !errors.Is(e.err, zkasync.ErrOutcomeUnknown) && len(names) > 0:
			l.complain(i, "was reported %v and is there: %q", e.err, names)
		case e.err != nil && len(names) > 0:
			unknown++
		}
		if len(names) == 1 {
			_, sequence, _ := strings.Cut(names[0], "-")
			if sequence <= last {
				l.complain(i, "was applied as number %s, behind an earlier one with %s", sequence, last)
			}
			last = sequence
		}
	}
	t.Logf("%s: %d creates, %d applied, of these %d of unknown outcome", l.path, len(l.entries), len(applied), unknown)
}

// complain reports a create with those around it.
func (l *chaosLog) complain(i int, format string, args ...any) {
	const around = logWindow + 2
	var b strings.Builder
	for k := max(0, i-around); k < min(len(l.entries), i+around); k++ {
		e := l.entries[k]
		fmt.Fprintf(&b, "    create %d at %v: %q %v at %v\n", k, e.at, e.path, e.err, e.done)
	}
	l.cc.x.complain("%s: create %d %s\n%s", l.path, i, fmt.Sprintf(format, args...), b.String())
}
