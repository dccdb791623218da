// Package login holds the conversation by which a client shows at the start of each connection who it is. It knows SASL's
// requests and leaves what is in them to a mechanism.
package login

import (
	"context"
	"errors"
	"fmt"

	"github.com/zkasync/zkasync-go/internal/mux"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/sasl"
)

// Login begins conversations. It does not change.
type Login struct {
	Name      string // of the mechanism
	Mechanism sasl.Mechanism
	MaxToken  int // the length of the longest token that may be sent
	// Call calls a function of the mechanism, and waits for it no longer than ctx allows by much.
	Call func(ctx context.Context, name string, fn func()) error
}

// Host is told how a conversation ends, on the goroutine that reads the connection.
type Host interface {
	// Refused says that the server or the mechanism has refused, as it would on every connection. It ends the connection.
	Refused(err error)
	// Unavailable says that the conversation cannot be held for now. It ends the connection.
	Unavailable(err error)
}

// Header is the length of a request around a token.
const Header = 12

// mostRounds is more than any mechanism needs.
const mostRounds = 20

// Begin returns the conversation with a server.
func (l *Login) Begin(h Host, server sasl.Server) mux.Conversation {
	return &talk{l: l, host: h, server: server}
}

// talk is one conversation. Its fields are the reader's.
type talk struct {
	l         *Login
	host      Host
	server    sasl.Server
	with      sasl.Conversation // nil before the first step
	challenge []byte            // the server's latest
	rounds    int
}

// step is what the mechanism says.
type step struct {
	with     sasl.Conversation
	response []byte
	done     bool
	err      error
}

// Next implements mux.Conversation.
func (t *talk) Next(dead <-chan struct{}) mux.Request {
	s, alive := t.ask(dead)
	t.with, t.challenge = s.with, nil
	t.rounds++
	switch {
	case !alive || s.err == nil && s.done:
		return nil
	case errors.Is(s.err, sasl.ErrUnavailable):
		t.host.Unavailable(s.err)
		return nil
	case s.err == nil && t.rounds > mostRounds:
		s.err = fmt.Errorf("no end after %d challenges", mostRounds)
	case s.err == nil && len(s.response) > t.l.MaxToken:
		s.err = fmt.Errorf("a token of %d bytes is larger than requests may be", len(s.response))
	}
	if s.err != nil {
		t.host.Refused(s.err)
		return nil
	}
	return &token{t, s.response}
}

// ask has the mechanism answer the challenge. It reports false if the connection has ended meanwhile.
func (t *talk) ask(dead <-chan struct{}) (s step, alive bool) {
	ctx := connection{context.Background(), dead}
	answer := make(chan step, 1)
	with, challenge := t.with, t.challenge
	err := t.l.Call(ctx, "mechanism "+t.l.Name+" (WithSASL)", func() {
		s := step{with: with}
		if s.with == nil {
			s.with, s.err = t.l.Mechanism.Start(ctx, t.server)
		}
		if s.err == nil && s.with == nil {
			s.err = errors.New("it returned neither a conversation nor an error")
		}
		if s.err == nil {
			s.response, s.done, s.err = s.with.Next(ctx, challenge)
		}
		answer <- s
	})
	switch {
	case ctx.Err() != nil:
		return step{}, false
	case err != nil:
		return step{err: err}, true
	}
	return <-answer, true
}

// connection is a context that ends with a connection.
type connection struct {
	context.Context
	dead <-chan struct{}
}

func (c connection) Done() <-chan struct{} { return c.dead }

func (c connection) Err() error {
	select {
	case <-c.dead:
		return context.Canceled
	default:
		return nil
	}
}

// token is a request with a response of the mechanism's.
type token struct {
	t        *talk
	response []byte
}

func (k *token) Op() wire.OpCode          { return wire.OpSASL }
func (k *token) Size() int                { return 4 + len(k.response) }
func (k *token) Append(b []byte) []byte   { return wire.AppendSASL(b, k.response) }
func (k *token) Context() context.Context { return nil }

// Fail implements mux.Request: the next connection begins anew.
func (k *token) Fail(mux.Failure) {}

// Reply takes the next challenge.
func (k *token) Reply(code int32, body []byte) {
	if code != 0 {
		k.t.host.Refused(&Rejection{code})
		return
	}
	challenge, _, err := wire.DecodeData(body)
	if err != nil {
		k.t.host.Unavailable(err)
		return
	}
	k.t.challenge = challenge
}

// Rejection is a server's answer that ends a conversation.
type Rejection struct{ Code int32 }

func (r *Rejection) Error() string { return wire.ErrorOf(r.Code).Error() }
