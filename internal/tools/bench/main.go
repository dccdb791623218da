package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"time"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func parse() (s settings, err error) {
	var filter, parts string
	flag.DurationVar(&s.time, "time", 250*time.Millisecond, "how long each measurement takes")
	flag.IntVar(&s.rounds, "rounds", 5, "how many times everything is measured")
	flag.StringVar(&filter, "filter", "", "measure only points whose name, server=.../client=.../op=..., matches this regular expression")
	flag.StringVar(&parts, "parts", strings.Join(allParts, ","), "what to measure")
	flag.StringVar(&s.dir, "dir", "", "write tables and plots into this directory")
	flag.StringVar(&s.zkdemo, "zkdemo", "", "path of the sample program, to measure the export of a tree")
	flag.IntVar(&s.tree, "tree", 100_000, "number of znodes in the tree")
	flag.StringVar(&s.allocs, "allocs", "testdata/bench/allocs.txt", "file with the recorded allocations")
	flag.BoolVar(&s.check, "check", false, "only compare allocations with the recorded ones")
	flag.BoolVar(&s.update, "update", false, "with -check: record the allocations")
	flag.Float64Var(&s.ratio, "ratio", 0, "only check that a get takes at most this many times the CPU time of the bare socket")
	flag.StringVar(&s.pprof, "profile", "", "only profile the base point for a few seconds, and write the profile to this file")
	flag.Parse()
	if s.rounds < 1 || s.time < 10*time.Millisecond || s.tree < 1 {
		return s, errors.New("want 1 round or more, of 10ms or more, and a tree of 1 znode or more")
	}
	if s.parts, err = splitParts(parts); err != nil {
		return s, err
	}
	s.filter, err = regexp.Compile(filter)
	return s, err
}

func run() error {
	s, err := parse()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	servers := newServers()
	defer servers.close()
	switch {
	case s.check:
		return checkAllocs(ctx, servers, s.allocs, s.update)
	case s.ratio > 0:
		return checkRatio(ctx, servers, s.ratio)
	case s.pprof != "":
		return profile(ctx, servers, s.pprof)
	}
	return runParts(ctx, servers, s)
}
