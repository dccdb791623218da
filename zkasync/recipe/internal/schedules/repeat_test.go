//go:build !race && go1.26

package schedules

import (
	"fmt"
	"regexp"
	"slices"
	"testing"
)

// prefixes matches the random parts of names.
var prefixes = regexp.MustCompile("[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

// requests runs a schedule and returns the requests that its servers got, with their times.
func requests(t *testing.T, seed uint64) (all []string) {
	for _, r := range play(t, seed, newTally(false)) {
		all = append(all, fmt.Sprint(r.Time.UnixNano(), " ", prefixes.ReplaceAllString(r.String(), "*")))
	}
	return all
}

// Most seeds give the same requests each time, to the nanosecond. Not all do: what runs when a context ends has no fixed order,
// since package context keeps it in a map, and from there on a schedule may go differently.
func TestSchedules_AreRepeatable(t *testing.T) {
	const seeds = 20
	same := 0
	for seed := range uint64(seeds) {
		first, second := requests(t, 1000+seed), requests(t, 1000+seed)
		if len(first) < 100 {
			t.Errorf("seed %d: only %d requests", seed, len(first))
		}
		if slices.Equal(first, second) {
			same++
		}
	}
	if t.Logf("%d of %d schedules were the same again", same, seeds); same < seeds/2 {
		t.Error("too few schedules were the same again")
	}
}
