package zkasync

import "errors"

// stepError returns the error of a composite operation whose step failed with err. If an earlier step may have been
// applied, the outcome of the whole is unknown even if this step was not sent.
func stepError(op, path string, err error, applied bool) *OpError {
	e := &OpError{Op: op, Path: path, Err: err}
	var step *OpError
	if errors.As(err, &step) {
		e.Outcome, e.Err = step.Outcome, step.Err
		if step.Op != op || step.Path != path {
			e.Err = &stepCause{op: step.Op, path: step.Path, err: step.Err}
		}
	}
	if applied && e.Outcome == OutcomeNotSent {
		e.Outcome = OutcomeUnknown
	}
	return e
}

// doubted makes the outcome unknown if an earlier attempt at the step itself, not only at those before it, may have been applied.
func (e *OpError) doubted(doubt bool) *OpError {
	if doubt {
		e.Outcome = OutcomeUnknown
	}
	return e
}

// stepCause names the step of a composite operation that failed, and the reason.
type stepCause struct {
	op, path string
	err      error
}

func (e *stepCause) Error() string { return e.op + " " + printable(e.path) + ": " + bare(e.err) }
func (e *stepCause) Unwrap() error { return e.err }
