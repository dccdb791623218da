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
	Timeout() time.Duration                              // as negotiated, or as it will be asked for
	Left() time.Duration                                 // until it can no longer be alive, as far as this side knows; the whole of it once that has passed
	Gone() time.Time                                     // since when it is over by the local clock, the zero time if it is not
	Trying(hosts.Server)                                 // its answer is waited for
	Failed(hosts.Server, error)                          // there is no connection to it
	Tried(s hosts.Server, took time.Duration, err error) // an attempt has ended, without an error if it is the one
	Log(level slog.Level, msg string, args ...any)
}

// Config configures a Seeker.
type Config struct {
	Hosts          *hosts.List
	Mux            *mux.Mux
	Dialer         Dialer
	Session        Session
	ConnectTimeout time.Duration // 0: derived from the session timeout
	AskTime        time.Duration // bounds what is asked of a server without a session
	ReadOnly       bool          // servers without a quorum will do
}

// Seeker finds servers, one after the other as connections are lost. Except for IsWritable, Took and Forgive, it must be used
// by a single goroutine.
type Seeker struct {
	cfg      Config
	ctx      context.Context
	attempts sync.WaitGroup // to connect
	refusals atomic.Int64   // handshakes in a row that servers ended without a word
	pace     pace
	seeking  *seek    // under way
	won      *attempt // found, and not taken yet
}

// New returns a Seeker that gives up when ctx is done.
func New(ctx context.Context, cfg Config) *Seeker { return &Seeker{ctx: ctx, cfg: cfg} }

// Seek continues seeking, and reports whether a server was found, which means that it has answered a handshake. It returns false
// after a pass over the servers, or when the context is done.
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

// Forgive starts to count refusals anew: there is a connection, or another session.
func (sk *Seeker) Forgive() { sk.refusals.Store(0) }

// Took returns the time that handshakes are known to take.
func (sk *Seeker) Took() time.Duration { return sk.pace.took }

// Stop leaves nothing behind. The context must be done.
func (sk *Seeker) Stop() {
	sk.endSeek()
	sk.Drop()
	sk.attempts.Wait()
	if res := sk.cfg.Hosts.Resolver; res != nil {
		res.Stop()
	}
}

func (sk *Seeker) endSeek() {
	if sk.seeking != nil {
		sk.seeking.end()
		sk.seeking = nil
	}
}
