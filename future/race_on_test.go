//go:build race

package future_test

// raceEnabled is set in race builds, in which the detector allocates as well.
const raceEnabled = true
