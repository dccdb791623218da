package zkasync

import (
	"fmt"
	"slices"
	"strings"
)

// MultiError says which operation made a transaction fail; none of its operations was applied.
type MultiError struct {
	Index int    // of the operation among the arguments
	Op    string // such as "create"
	Path  string
	Err   error // such as zk.ErrNodeExists

	ops []MultiOp // all of the transaction's, if none of them was applied for certain
}

// RolledBack returns the other operations of the transaction, in order. None of them was applied: the server has tried those
// before the one at fault and rolled them back, and has not tried those behind it. It is nil if nothing was sent, or if an
// earlier attempt may have been applied (WithRetry).
func (e *MultiError) RolledBack() []MultiOp {
	if e.ops == nil {
		return nil
	}
	return slices.Delete(slices.Clone(e.ops), e.Index, e.Index+1)
}

// rolledBackInText is how many operations an error's text names.
const rolledBackInText = 3

// Error names the operation, the reason, and the first few of those that were rolled back.
func (e *MultiError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "operation %d, %s %s: %s", e.Index, e.Op, printable(e.Path), bare(e.Err))
	others := e.RolledBack()
	for i, op := range others {
		switch {
		case i == 0:
			b.WriteString(" (so not applied: ")
		case i == rolledBackInText:
			fmt.Fprintf(&b, " and %d more)", len(others)-i)
			return b.String()
		default:
			b.WriteString(", ")
		}
		b.WriteString(op.String())
	}
	if len(others) > 0 {
		b.WriteByte(')')
	}
	return b.String()
}

// Unwrap returns the server's error.
func (e *MultiError) Unwrap() error { return e.Err }
