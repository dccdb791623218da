package zktest

import (
	"container/heap"
	"time"
)

// alarm is something that a world does at a time. Those of one time go off in the order in which they were set.
type alarm struct {
	at  time.Time
	seq uint64
	do  func() // nil: called off; runs with the world's lock held
}

type alarms []*alarm

func (a alarms) Len() int      { return len(a) }
func (a alarms) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a alarms) Less(i, j int) bool {
	if !a[i].at.Equal(a[j].at) {
		return a[i].at.Before(a[j].at)
	}
	return a[i].seq < a[j].seq
}
func (a *alarms) Push(x any) { *a = append(*a, x.(*alarm)) }
func (a *alarms) Pop() any {
	last := len(*a) - 1
	x := (*a)[last]
	(*a)[last] = nil
	*a = (*a)[:last]
	return x
}

// after has do called when d has passed.
func (w *world) after(d time.Duration, do func()) *alarm { return w.at(w.now.Add(d), do) }

func (w *world) at(when time.Time, do func()) *alarm {
	w.alarmSeq++
	a := &alarm{at: when, seq: w.alarmSeq, do: do}
	heap.Push(&w.alarms, a)
	return a
}

// setTimer has the clock wake the world for its next alarm. One timer serves all of them.
func (w *world) setTimer() {
	for len(w.alarms) > 0 && w.alarms[0].do == nil {
		heap.Pop(&w.alarms)
	}
	if w.closed || len(w.alarms) == 0 {
		w.stopTimer()
		return
	}
	next := w.alarms[0].at
	if w.timer != nil && w.timerAt.Equal(next) {
		return
	}
	w.stopTimer()
	w.timerAt = next
	w.running.Add(1)
	w.timer = w.clock.afterFunc(next.Sub(w.now), w.ring)
}

func (w *world) stopTimer() {
	if w.timer != nil && w.timer.Stop() {
		w.running.Done()
	}
	w.timer = nil
}

// ring is called by the clock.
func (w *world) ring() {
	defer w.running.Done()
	w.lock()
	defer w.release()
	w.timer = nil
	for !w.closed && len(w.alarms) > 0 && !w.alarms[0].at.After(w.now) {
		a := heap.Pop(&w.alarms).(*alarm)
		if do := a.do; do != nil {
			a.do = nil
			do()
		}
	}
}
