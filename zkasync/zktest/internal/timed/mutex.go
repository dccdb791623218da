// Package timed provides a lock under which time stands still, with alarms that go off under the lock, and a way to wait for what
// happens under it.
//
// # Goroutines
//
// When an alarm is due, the clock runs Mutex.ring on a goroutine of its own, which ends at once; Mutex.Running counts it.
package timed

import (
	"container/heap"
	"sync"
	"time"
)

// Mutex is a lock under which time stands still, since the clock is read once when the lock is taken. Alarms go off under the lock.
type Mutex struct {
	clock Clock
	start time.Time
	idle  func() // called before the lock is released, to finish what was deferred

	mu      sync.Mutex
	now     time.Time // when the lock was taken
	alarms  alarms
	seq     uint64
	timer   Timer // nil: none
	timerAt time.Time
	ended   bool
	changed chan struct{} // closed by the next Tell; nil: nobody waits

	Running sync.WaitGroup // goroutines, and a timer that may still go off
}

// Init sets the clock, and a function that is called, with the lock held, each time before it is released.
func (m *Mutex) Init(c Clock, idle func()) { m.clock, m.start, m.idle = c, c.Now(), idle }

// Lock takes the lock.
func (m *Mutex) Lock() {
	m.mu.Lock()
	m.now = m.clock.Now()
}

// Unlock releases the lock.
func (m *Mutex) Unlock() {
	m.idle()
	m.setTimer()
	m.mu.Unlock()
}

// Now returns the time at which the lock was taken. The caller must hold the lock.
func (m *Mutex) Now() time.Time { return m.now }

// Start returns the time at which the mutex was made.
func (m *Mutex) Start() time.Time { return m.start }

// End prevents all alarms from going off.
func (m *Mutex) End() { m.ended = true }

// Ended reports whether End was called.
func (m *Mutex) Ended() bool { return m.ended }

// After sets an alarm that calls do when d has passed.
func (m *Mutex) After(d time.Duration, do func()) *Alarm { return m.At(m.now.Add(d), do) }

// At sets an alarm that calls do at a time. The caller must hold the lock.
func (m *Mutex) At(when time.Time, do func()) *Alarm {
	m.seq++
	a := &Alarm{at: when, seq: m.seq, do: do}
	heap.Push(&m.alarms, a)
	return a
}

// setTimer makes the clock call ring for the next alarm. One timer serves all alarms.
func (m *Mutex) setTimer() {
	for len(m.alarms) > 0 && m.alarms[0].do == nil {
		heap.Pop(&m.alarms)
	}
	if m.ended || len(m.alarms) == 0 {
		m.stopTimer()
		return
	}
	next := m.alarms[0].at
	if m.timer != nil && m.timerAt.Equal(next) {
		return
	}
	m.stopTimer()
	m.timerAt = next
	m.Running.Add(1)
	m.timer = m.clock.AfterFunc(next.Sub(m.now), m.ring)
}

func (m *Mutex) stopTimer() {
	if m.timer != nil && m.timer.Stop() {
		m.Running.Done()
	}
	m.timer = nil
}

// ring is called by the clock. It runs the alarms that are due.
func (m *Mutex) ring() {
	defer m.Running.Done()
	m.Lock()
	defer m.Unlock()
	m.timer = nil
	for !m.ended && len(m.alarms) > 0 && !m.alarms[0].at.After(m.now) {
		a := heap.Pop(&m.alarms).(*Alarm)
		if do := a.do; do != nil {
			a.do = nil
			do()
		}
	}
}
