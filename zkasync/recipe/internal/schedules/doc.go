// Package schedules has tests, and nothing else. They check that package recipe keeps its promises under faults: processes contend
// for a lock or for leadership, while servers stop, lag and change their leader, connections are cut, sessions are ended, and
// processes are paused.
//
// A schedule is everything that happens in one run. It is determined by a number, its seed, and runs in virtual time, so that a
// minute of faults takes some milliseconds:
//
//	make schedules SCHEDULES=5000                                         # seeds 1 to 5000
//	go test ./zkasync/recipe/internal/schedules -schedules 1 -seed 17 -v  # only seed 17, and what happens in it
//
// A seed that fails prints the command that repeats it. Without the race detector, whose scheduler is random, nearly all schedules
// are the same to the nanosecond each time; for the others, add -count=20.
//
// # What is checked
//
// Two contexts of one lock are never alive at once, unless somebody has deleted the znode or ended the session by hand, or the
// process was paused; these cases are counted by kind. Writes by [recipe.Held.Multi] are always in the order of the fences. The
// histories of counters, elections and the guarded register are linearizable. Every future completes. When the faults have ended,
// everybody gets a turn, no znode of a contender is left, and Close leaves no goroutine. No item of a partitioner has two owners at
// one time, and in the end each has one.
package schedules
