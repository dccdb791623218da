// Package schedules has the tests that hold package recipe to its promises under faults: processes that contend for one lock, or one
// lead, over servers that stop, lag and change their leader, with connections that are cut, sessions that are ended, and processes that are
// paused. It contains nothing else.
//
// A schedule is all that happens in one run. It follows from a number, its seed, and takes place in virtual time, so that a minute of
// faults takes some milliseconds:
//
//	make schedules SCHEDULES=5000                                         # seeds 1 to 5000
//	go test ./zkasync/recipe/internal/schedules -schedules 1 -seed 17 -v  # this one, with what happens in it
//
// A seed that fails prints the command that repeats it. Without the race detector, whose scheduler is random, nearly all schedules are the
// same to the nanosecond each time; -count=20 repeats the others.
//
// # What is checked
//
// Two contexts of one lock are never alive at once, unless somebody took what is held away by hand, or the process was paused
// (counted, by kind). What [recipe.Held.Multi] writes is in the order of the fences, always. Histories of counters, elections and the
// guarded register are linearizable. Every future completes. When the faults have ended everybody gets a turn, no znode of a contender is
// left, and Close leaves no goroutine. Of what a partitioner divides no item is had by two at one time, and each by one in the end.
package schedules
