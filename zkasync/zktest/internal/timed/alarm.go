package timed

import "time"

// Alarm calls a function at a time. Alarms for the same time go off in the order in which they were set.
type Alarm struct {
	at  time.Time
	seq uint64
	do  func() // nil: called off; runs with the lock held
}

// CallOff prevents an alarm from going off. The caller must hold the lock.
func (a *Alarm) CallOff() { a.do = nil }

type alarms []*Alarm

func (a alarms) Len() int      { return len(a) }
func (a alarms) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a alarms) Less(i, j int) bool {
	if !a[i].at.Equal(a[j].at) {
		return a[i].at.Before(a[j].at)
	}
	return a[i].seq < a[j].seq
}
func (a *alarms) Push(x any) { *a = append(*a, x.(*Alarm)) }
func (a *alarms) Pop() any {
	last := len(*a) - 1
	x := (*a)[last]
	(*a)[last] = nil
	*a = (*a)[:last]
	return x
}
