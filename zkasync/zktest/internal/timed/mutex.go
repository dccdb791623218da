// Package timed has a lock under which time stands still, with alarms that go off under it and a way to wait for what
// happens under it.
//
// # Goroutines
//
// A clock runs Mutex.ring for a moment when an alarm is due; Mutex.Running counts it.
package timed

import (
	"container/heap"
	"sync"
	"time"
)

// Mutex is a lock under which time stands still: whoever takes it reads the clock once. Alarms go off under it.
type Mutex struct {
	clock Clock
	start time.Time
	idle  func() // called before the lock is given back, to finish what has been put off

	mu      sync.Mutex
	now     time.Time // when the lock was taken
	alarms  alarms
	seq     uint64
	timer   Timer // nil: none
	timerAt time.Time
	ended   bool
	changed chan struct{} // closed at the next change of anything that somebody waits for; nil: nobody does

	Running sync.WaitGroup // goroutines, and a timer that may still go off
}

// Init gives the mutex a clock, and a function to be called with the lock held before it is given back.
func (m *Mutex) Init(c Clock, idle func()) { m.clock, m.start, m.idle = c, c.Now(), idle }

// Lock takes the lock.
func (m *Mutex) Lock() {
	m.mu.Lock()
	m.now = m.clock.Now()
}

// Unlock gives the lock back.
func (m *Mutex) Unlock() {
	m.idle()
	m.setTimer()
	m.mu.Unlock()
}

// Now is the time at which the lock was taken.
func (m *Mutex) Now() time.Time { return m.now }

// Start is when the mutex was made.
func (m *Mutex) Start() time.Time { return m.start }

// End has no more alarms go off.
func (m *Mutex) End() { m.ended = true }

// Ended reports whether End was called.
func (m *Mutex) Ended() bool { return m.ended }

// After has do called when d has passed.
func (m *Mutex) After(d time.Duration, do func()) *Alarm { return m.At(m.now.Add(d), do) }

// At has do called at a time.
func (m *Mutex) At(when time.Time, do func()) *Alarm {
	m.seq++
	a := &Alarm{at: when, seq: m.seq, do: do}
	heap.Push(&m.alarms, a)
	return a
}

// setTimer has the clock wake the mutex for its next alarm. One timer serves all of them.
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

// ring is called by the clock.
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
