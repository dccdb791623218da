package main

import (
	"regexp"
	"time"
)

// settings are the values of the flags.
type settings struct {
	time   time.Duration
	rounds int
	filter *regexp.Regexp
	parts  map[string]bool
	dir    string
	zkdemo string
	tree   int
	check  bool
	update bool
	allocs string
	ratio  float64
	pprof  string
}
