package mux

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/internal/wire"
)

// journal records all that a test observes, in one sequence.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) add(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, fmt.Sprintf(format, args...))
}

// take returns the lines so far and empties the journal.
func (j *journal) take() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	lines := j.lines
	j.lines = nil
	return lines
}

// want takes the lines, and fails the test if they differ from these.
func (j *journal) want(t *testing.T, want ...string) {
	t.Helper()
	if got := j.take(); !slices.Equal(got, want) {
		t.Errorf("journal:\n\t%s\nwant:\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// asked is a request of ours that records its end in the journal.
type asked struct {
	j      *journal
	name   string
	op     wire.OpCode
	record []byte
	ctx    context.Context
	then   func() // called at the end, if not nil
	ends   atomic.Int32
	cause  error // of its failure
	blame  Blame // of its failure
}

func (a *asked) Op() wire.OpCode          { return a.op }
func (a *asked) Size() int                { return len(a.record) }
func (a *asked) Append(b []byte) []byte   { return append(b, a.record...) }
func (a *asked) Context() context.Context { return a.ctx }

// Reply records the name. In the reply to a get it also checks the data, which the peer derives from the path.
func (a *asked) Reply(code int32, body []byte) {
	switch data, _, err := wire.DecodeData(body); {
	case code != 0:
		a.j.add("%s: code %d", a.name, code)
	case a.op == wire.OpGetData && err != nil:
		a.j.add("%s: undecodable", a.name)
	case a.op == wire.OpGetData && string(data) != a.name:
		a.j.add("%s: the reply of %s", a.name, data)
	default:
		a.j.add("%s: ok", a.name)
	}
	a.end()
}

func (a *asked) Fail(f Failure) {
	sent := "not sent"
	if f.Sent {
		sent = "sent"
	}
	reason := map[Reason]string{
		ReasonLoss: "lost", ReasonExpired: "expired", ReasonContext: "context", ReasonRefused: "refused",
		ReasonReply: "reply too large", ReasonNeedless: "needless",
	}[f.Reason]
	a.cause, a.blame = f.Cause, f.Blame
	a.j.add("%s: %s, %s", a.name, reason, sent)
	a.end()
}

func (a *asked) end() {
	a.ends.Add(1)
	if a.then != nil {
		a.then()
	}
}

// observer records what happens to the session.
type observer struct {
	j       *journal
	restore func() []Request // of Established, if not nil
	talk    Conversation     // of Established
	then    func()           // called by Restored, if not nil

	mu    sync.Mutex
	cause error     // of the last loss
	heard time.Time // of the last loss
}

func (o *observer) Established(s Session) (opening Opening) {
	o.j.add("established")
	if o.restore != nil {
		opening.Restore = o.restore()
	}
	opening.Talk = o.talk
	return opening
}

func (o *observer) Restored() {
	o.j.add("restored")
	if o.then != nil {
		o.then()
	}
}

func (o *observer) CloseAsked()                      { o.j.add("close asked") }
func (o *observer) Expired()                         { o.j.add("expired") }
func (o *observer) Demanded(code int32)              { o.j.add("demanded: code %d", code) }
func (o *observer) ExpiredDone()                     { o.j.add("expired done") }
func (o *observer) ReplyDropped(e *ReplySizeError)   { o.j.add("dropped: %v", e) }
func (o *observer) WatchesLost(b Blame)              { o.j.add("watches lost: %d bytes", b.Size) }
func (o *observer) Event(e wire.WatchEvent, _ int64) { o.j.add("event %d %s", e.Type, e.Path) }

// Unheard records nothing, because it is called repeatedly, by a clock.
func (o *observer) Unheard(bool) {}

func (o *observer) Lost(cause error, heard time.Time) {
	o.note(cause, heard)
	o.j.add("lost")
}

func (o *observer) note(cause error, heard time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.cause, o.heard = cause, heard
}

func (o *observer) lastCause() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.cause
}
