package zkasync

import "sync/atomic"

// tally counts how requests have failed. Success is not counted here, so that it costs nothing.
type tally struct{ rejected, notSent, unknown atomic.Int64 }

func (t *tally) add(o Outcome) {
	switch o {
	case OutcomeRejected:
		t.rejected.Add(1)
	case OutcomeNotSent:
		t.notSent.Add(1)
	case OutcomeUnknown:
		t.unknown.Add(1)
	}
}

func (t *tally) reset() {
	t.rejected.Store(0)
	t.notSent.Store(0)
	t.unknown.Store(0)
}
