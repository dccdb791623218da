package watch

import "github.com/zkasync/zkasync-go/internal/wire"

// Placing is the claim of an AddWatch for a listener. It may be encoded several times.
type Placing struct {
	t      *Table
	l      *Listener
	mode   Mode // as encoded
	placed bool // it was encoded, and counts among the placement's pending ones
}

// Place begins a claim.
func (t *Table) Place(l *Listener) Placing { return Placing{t: t, l: l} }

// Depart is called right before the request is encoded, each time that it is sent.
func (p *Placing) Depart() {
	p.mode = p.t.lasting.place(p.l.Path, p.l.Mode, !p.placed)
	p.placed = true
}

// Mode is what the server is asked for, as of Depart.
func (p *Placing) Mode() Mode { return p.mode }

// Placed is called when the server has done it. From here on the listener hears; done is called once that is so of each change
// that it is for.
func (p *Placing) Placed(done func()) {
	t := p.t
	t.lasting.activate(p.l)
	if p.mode != p.l.Mode {
		t.rearm(&rearm{path: p.l.Path, done: func() { p.heard(done) }}) // see placement.both
		return
	}
	t.rearmChildren(p.l.Path, p.mode, t.host.LastZxid())
	p.heard(done)
}

// heard calls done, and ends the listener if everything has ended.
func (p *Placing) heard(done func()) {
	done()
	if over := p.t.over.Load(); over != nil {
		p.t.lasting.remove(p.l)
		p.l.Sink.End(*over)
	}
}

// Refused is called when the server has not done it. Reads that rely on it are answered later, and will see that.
func (p *Placing) Refused(code int32) {
	if code == wire.CodeUnimplemented {
		p.t.old.learn()
	}
	p.placed = false
	if p.t.lasting.abandon(p.l.Path) {
		p.t.unplace(p.l.Path) // it may be that of an earlier listener
	}
}

// Withdraw is Refused for a request that may be sent again.
func (p *Placing) Withdraw() { p.Refused(0) }

// Failed is called when it ends without an answer.
func (p *Placing) Failed() {
	if p.placed {
		p.t.lasting.abandon(p.l.Path)
	}
}
