package schedules

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zkasync/zkasync-go/zkasync"
)

// process is a program with a client. It can be paused: then it does not send, receive or notice anything.
type process struct {
	w       *world
	id      int
	link    *link
	timeout time.Duration

	restarting sync.Mutex
	robbed     atomic.Int64 // its session was ended by hand, and with it its znodes up to this zxid
	stopping   atomic.Bool  // its client is being closed

	mu      sync.Mutex
	c       *zkasync.Client
	resumed chan struct{} // closed when the pause ends; nil: it is not paused
}

// start gives the process a client, which connects to a server of its own first.
func (p *process) start(ctx context.Context) error {
	servers := strings.Split(p.w.ens.ConnectString(), ",")
	first := p.id % len(servers)
	servers = append(servers[first:], servers[:first]...)
	opts := append(p.w.ens.Options(), zkasync.WithSessionTimeout(p.timeout), zkasync.WithDialer(p.link.dial))
	c, err := zkasync.Connect(ctx, strings.Join(servers, ","), opts...)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.c = c
	return nil
}

func (p *process) client() *zkasync.Client {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.c
}

// close closes the client.
func (p *process) close() {
	if err := p.client().Close(); err != nil {
		p.w.fail("process %d: close: %v", p.id, err)
	}
}

// pause stops the process for a time.
func (p *process) pause(d time.Duration) {
	release := p.link.hold(toServer, toClient)
	resumed := make(chan struct{})
	p.mu.Lock()
	p.resumed = resumed
	p.mu.Unlock()
	time.Sleep(d)
	p.mu.Lock()
	p.resumed = nil
	p.mu.Unlock()
	close(resumed)
	release()
}

// run waits while the process is paused. Actors call it between their steps; one step is not interrupted.
func (p *process) run() {
	for {
		p.mu.Lock()
		resumed := p.resumed
		p.mu.Unlock()
		if resumed == nil {
			return
		}
		<-resumed
	}
}

func (p *process) isPaused() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.resumed != nil
}

// rob ends the process's session by hand.
func (p *process) rob() {
	leader, session := p.w.ens.Leader(), p.client().Session().ID
	if leader == nil {
		return
	}
	before := p.robbed.Swap(1<<63 - 1)
	if leader.Expire(session) != nil {
		p.robbed.Store(before)
		return
	}
	p.robbed.Store(p.w.zxid())
	p.w.say("session %#x of process %d is ended", session, p.id)
}
