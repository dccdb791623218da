package watch

import "github.com/zkasync/zkasync-go/internal/wire"

// Placing is the claim of an addWatch for a listener. The request may be encoded several times.
type Placing struct {
	t      *Table
	l      *Listener
	mode   Mode // as encoded
	placed bool // the request was encoded, and is counted in placement.pending
}

// Place makes the claim of a listener.
func (t *Table) Place(l *Listener) Placing { return Placing{t: t, l: l} }

// Depart is called right before the request is encoded, each time it is sent.
func (p *Placing) Depart() {
	p.mode = p.t.lasting.place(p.l.Path, p.l.Mode, !p.placed)
	p.placed = true
}

// Mode returns the mode to ask the server for, as of Depart.
func (p *Placing) Mode() Mode { return p.mode }

// Placed is called when the server has carried out the request. The listener gets events from now on. Once the server reports
// every change that the listener is for, done is called; this may take another request.
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

// heard calls done, and ends the listener if all watches have ended.
func (p *Placing) heard(done func()) {
	done()
	if over := p.t.over.Load(); over != nil {
		p.t.lasting.remove(p.l)
		p.l.Sink.End(*over)
	}
}

// Refused is called when the server has refused the request. Reads that rely on the placement are answered later, and will
// notice.
func (p *Placing) Refused(code int32) {
	if code == wire.CodeUnimplemented {
		p.t.old.learn()
	}
	p.placed = false
	if p.t.lasting.abandon(p.l.Path) {
		p.t.unplace(p.l.Path) // the server may still have the watch of an earlier listener
	}
}

// Withdraw is called instead of Refused if the request may be sent again.
func (p *Placing) Withdraw() { p.Refused(0) }

// Failed is called when the request ends without an answer.
func (p *Placing) Failed() {
	if p.placed {
		p.t.lasting.abandon(p.l.Path)
	}
}
