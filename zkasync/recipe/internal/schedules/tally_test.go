package schedules

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// tally counts what has happened in all schedules.
type tally struct {
	verbose bool

	mu     sync.Mutex
	counts map[string]int
}

func newTally(verbose bool) *tally { return &tally{verbose: verbose, counts: make(map[string]int)} }

func (y *tally) add(what string, n int) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.counts[what] += n
}

func (y *tally) String() string {
	y.mu.Lock()
	defer y.mu.Unlock()
	var b strings.Builder
	for _, what := range slices.Sorted(maps.Keys(y.counts)) {
		fmt.Fprintf(&b, "\n%8d %s", y.counts[what], what)
	}
	return b.String()
}
