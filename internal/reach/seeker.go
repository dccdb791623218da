package reach

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zkasync/zkasync-go/internal/hosts"
	"github.com/zkasync/zkasync-go/internal/mux"
)

// Session is what a Seeker learns from a session, and reports to it.
type Session interface {
	Timeout() time.Duration                              // the session timeout as negotiated, or as it will be requested
	Left() time.Duration                                 // how long the session can still be alive, as far as the client knows; Timeout once that has passed
	Gone() time.Time                                     // since when the session is over by the local clock, the zero time if it is not
	Trying(hosts.Server)                                 // the seek waits for this server's answer
	Failed(hosts.Server, error)                          // an attempt to reach this server has failed
	Tried(s hosts.Server, took time.Duration, err error) // an attempt has ended; err is nil if it has found the server
	Log(level slog.Level, msg string, args ...any)
}

// Config configures a Seeker.
type Config struct {
	Hosts          *hosts.List
	Mux            *mux.Mux
	Dialer         Dialer
	Session        Session
	ConnectTimeout time.Duration // 0: derived from the session timeout
	AskTime        time.Duration // bounds a question to a server that needs no session
	ReadOnly       bool          // accept servers without a quorum
}

// Seeker finds servers, one after the other as connections are lost. Except for IsWritable, Took and Forgive, it must be used
// by a single goroutine.
type Seeker struct {
	cfg      Config
	ctx      context.Context
	attempts sync.WaitGroup // goroutines of attempts
	refusals atomic.Int64   // handshakes in a row that servers ended without a word
	pace     pace
	seeking  *seek    // in progress, nil if none is
	won      *attempt // has found a server, and was not taken yet
}

// New returns a Seeker that gives up when ctx is done.
func New(ctx context.Context, cfg Config) *Seeker { return &Seeker{ctx: ctx, cfg: cfg} }

// Seek seeks until a server has answered a handshake, and then returns true. It returns false after a pass over the servers, or
// when the context is done; the next call then goes on.
func (sk *Seeker) Seek() bool {
	if sk.seeking == nil {
		sk.seeking = sk.newSeek()
	}
	sk.seeking.run()
	if sk.won = sk.seeking.won; sk.won == nil && sk.ctx.Err() == nil {
		return false
	}
	sk.endSeek()
	return sk.won != nil
}

// Found returns the handshake and the server that were found, or nil if none was found or it has been taken.
func (sk *Seeker) Found() (*mux.Handshake, hosts.Server) {
	if sk.won == nil {
		return nil, hosts.Server{}
	}
	return sk.won.hand, sk.won.server
}

// Take passes what was found to the caller.
func (sk *Seeker) Take() { sk.won = nil }

// Drop gives up what was found.
func (sk *Seeker) Drop() {
	if sk.won != nil {
		sk.won.hand.Close()
		sk.won = nil
	}
}

// Forgive resets the count of refusals. It is called when there is a connection, or when the session has expired.
func (sk *Seeker) Forgive() { sk.refusals.Store(0) }

// Took returns the time that handshakes are known to take.
func (sk *Seeker) Took() time.Duration { return sk.pace.took }

// Stop gives everything up and joins all goroutines. The context must be done.
func (sk *Seeker) Stop() {
	sk.endSeek()
	sk.Drop()
	sk.attempts.Wait()
	sk.cfg.Hosts.Resolver.Stop()
}

func (sk *Seeker) endSeek() {
	if sk.seeking != nil {
		sk.seeking.end()
		sk.seeking = nil
	}
}
