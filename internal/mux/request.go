package mux

import (
	"github.com/zkasync/zkasync-go/internal/mux/internal/inbox"
	"github.com/zkasync/zkasync-go/internal/mux/internal/joined"
	"github.com/zkasync/zkasync-go/internal/mux/internal/request"
)

// The mux's inner packages define these types, and share them with the mux.
type (
	Request        = request.Request
	Departing      = request.Departing
	Step           = request.Step
	Opening        = request.Opening
	Conversation   = request.Conversation
	Reason         = request.Reason
	Failure        = request.Failure
	Blame          = request.Blame
	ReplySizeError = request.ReplySizeError

	Joinable   = joined.Joinable
	FrameError = inbox.FrameError
)

// The reasons of a Failure.
const (
	ReasonLoss     = request.ReasonLoss
	ReasonExpired  = request.ReasonExpired
	ReasonContext  = request.ReasonContext
	ReasonNeedless = request.ReasonNeedless
	ReasonRefused  = request.ReasonRefused
	ReasonReply    = request.ReasonReply
)
