package schedules

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// nemesis causes one fault after the other, and ends each after a while.
type nemesis struct {
	w       *world
	random  *rand.Rand
	folders []string // those that may be deleted
}

// strike causes faults until the end of the disturbance.
func (n *nemesis) strike() {
	for n.w.disturbed() {
		time.Sleep(n.upTo(2 * time.Second))
		if !n.w.disturbed() {
			return
		}
		faults := []func(){n.stop, n.partition, n.depose, n.lag, n.freeze, n.hold, n.hold, n.cut, n.pause, n.expire, n.clear, n.break1, n.break1,
			n.break1, n.move, n.replace, n.restart, n.slow}
		faults[n.random.IntN(len(faults))]()
	}
}

func (n *nemesis) upTo(d time.Duration) time.Duration { return rand2N(n.random, d) }

// spell draws how long a fault lasts. Some last longer than a session timeout.
func (n *nemesis) spell() time.Duration {
	if n.random.IntN(3) == 0 {
		return n.upTo(9 * time.Second)
	}
	return n.upTo(1500 * time.Millisecond)
}

func (n *nemesis) server() *zktest.Server {
	all := n.w.ens.Servers()
	return all[n.random.IntN(len(all))]
}

func (n *nemesis) process() *process { return n.w.procs[n.random.IntN(len(n.w.procs))] }

// during says what the fault is, and waits for as long as it lasts.
func (n *nemesis) during(what string, args ...any) {
	d := n.spell()
	n.w.say("for %v: "+what, append([]any{d}, args...)...)
	time.Sleep(d)
}

func (n *nemesis) stop() {
	s := n.server()
	s.Stop()
	n.during("server %d is down", s.Number())
	s.Start()
}

func (n *nemesis) partition() {
	cut := []*zktest.Server{n.server()}
	if n.random.IntN(3) == 0 {
		cut = append(cut, n.server())
	}
	n.w.ens.Partition(cut...)
	n.during("server %d is cut off, and %d servers in all", cut[0].Number(), len(cut))
	n.w.ens.Heal()
}

func (n *nemesis) depose() {
	n.w.say("the leader is deposed: %v", n.w.ens.Depose(nil))
}

func (n *nemesis) lag() {
	s := n.server()
	switch n.random.IntN(3) {
	case 0:
		s.Lag(1 + n.random.IntN(20))
	case 1:
		s.LagFor(n.upTo(2 * time.Second))
	default:
		s.Stall()
	}
	n.during("server %d lags", s.Number())
	s.CatchUp()
}

func (n *nemesis) freeze() {
	s := n.server()
	s.Freeze()
	n.during("server %d is frozen", s.Number())
	s.Thaw()
}

func (n *nemesis) hold() {
	p := n.process()
	ways := [][]direction{{toServer}, {toClient}, {toServer, toClient}}[n.random.IntN(3)]
	release := p.link.hold(ways...)
	n.during("the network of process %d is held up, %v", p.id, ways)
	if n.random.IntN(2) == 0 {
		p.link.cut()
	}
	release()
}

func (n *nemesis) cut() {
	p := n.process()
	n.w.say("the connections of process %d are cut", p.id)
	p.link.cut()
}

func (n *nemesis) pause() {
	p, d := n.process(), n.spell()
	if p.isPaused() {
		return
	}
	n.w.say("for %v: process %d is paused", d, p.id)
	p.pause(d)
}

func (n *nemesis) expire() { n.process().rob() }

func (n *nemesis) clear() {
	if len(n.folders) > 0 {
		n.w.clear(n.folders[n.random.IntN(len(n.folders))])
	}
}

// break1 loses a request or its answer, or has a request refused.
func (n *nemesis) break1() {
	ops := []zktest.Op{zktest.OpAnyWrite, zktest.OpAnyCreate, zktest.OpDelete, zktest.OpExists, zktest.OpGetChildren2, zktest.OpGetData,
		zktest.OpMulti, zktest.OpSetData, zktest.OpAny, zktest.OpSetWatches2}
	f := zktest.Fault{Op: ops[n.random.IntN(len(ops))], Skip: n.random.IntN(5), Count: 1 + n.random.IntN(2)}
	switch n.random.IntN(5) {
	case 0, 1:
		f.When, f.Do = zktest.Before, zktest.Drop()
	case 2, 3:
		f.When, f.Do = zktest.After, zktest.Drop()
	default:
		f.When, f.Do = zktest.Before, zktest.Fail(zkasync.ErrThrottled)
		if f.Op == zktest.OpAny || f.Op == zktest.OpSetWatches2 || f.Op == zktest.OpAnyWrite {
			f.Op = zktest.OpAnyCreate
		}
	}
	in := n.w.ens.Servers()[0].Fault(f)
	n.during("requests of kind %v are broken, after %d good ones", f.Op, f.Skip)
	in.Remove()
}

func (n *nemesis) move() {
	p := n.process()
	n.w.say("the session of process %d is moved", p.id)
	_ = n.w.ens.Servers()[0].Move(p.client().Session().ID)
}

func (n *nemesis) replace() {
	p := n.process()
	n.w.say("the session of process %d will be replaced", p.id)
	n.w.ens.Servers()[0].Replace(p.client().Session().ID)
	p.link.cut()
}

// restart stops a process and starts it again.
func (n *nemesis) restart() {
	p := n.process()
	if !p.restarting.TryLock() {
		return
	}
	defer p.restarting.Unlock()
	n.w.say("process %d is stopped", p.id)
	p.stopping.Store(true)
	defer p.stopping.Store(false)
	p.close()
	time.Sleep(n.upTo(time.Second))
	if err := p.start(context.Background()); err != nil {
		n.w.fail("process %d: start: %v", p.id, err)
	}
	n.w.say("process %d is started", p.id)
}

func (n *nemesis) slow() {
	s := n.server()
	s.SlowDown(n.upTo(time.Second))
	n.during("server %d is slow", s.Number())
	s.SlowDown(0)
}
