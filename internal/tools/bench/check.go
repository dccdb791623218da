package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
)

const (
	checkTime   = 50 * time.Millisecond
	checkRounds = 3
	// byteSlack is the share by which bytes per operation may differ, because queues do not grow at the same time in each run.
	byteSlack = 0.03
)

// hotPoints returns the points whose allocations are recorded.
func hotPoints() []point {
	var points []point
	for _, op := range []string{opGet, opSet, opExists, opChildren, opCreate, opDelete} {
		for _, via := range []string{viaCallback, viaGet, viaDone, viaEarly} {
			p := point{op: op, size: 100, depth: 1024, submitters: 1, via: via}
			if op == opChildren {
				p.size, p.kids = 0, 10
			}
			points = append(points, p)
		}
	}
	return points
}

// checkAllocs compares the allocations of operations with the recorded figures. It fails if there are more, and also if there are
// fewer, because the old record would hide a later increase.
func checkAllocs(ctx context.Context, servers *servers, file string, update bool) error {
	var lines []string
	for _, p := range hotPoints() {
		line, err := allocLine(ctx, servers, p)
		if err != nil {
			return err
		}
		fmt.Println(line)
		lines = append(lines, line)
	}
	if update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		return os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o644)
	}
	recorded, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return compare(strings.Split(strings.TrimSpace(string(recorded)), "\n"), lines)
}

// allocLine measures a point a few times. The least figure counts, because now and then the runtime's own allocations are included.
func allocLine(ctx context.Context, servers *servers, p point) (string, error) {
	addr := servers.replaying(zkpeer.Replay{DataSize: p.size, Children: p.kids})
	var all costs
	for range checkRounds {
		c, err := measure(ctx, clientAsync, addr, p, checkTime)
		if err != nil {
			return "", err
		}
		all = append(all, c)
	}
	return fmt.Sprintf("%s %.0f allocs/op %.0f B/op", p.name(), math.Round(all.of(allocs).min()), all.of(bytesOf).min()), nil
}

// compare returns an error for every line that differs.
func compare(recorded, measured []string) error {
	var wrong []error
	for i, line := range measured {
		if i >= len(recorded) || !alike(recorded[i], line) {
			was := "nothing"
			if i < len(recorded) {
				was = recorded[i]
			}
			wrong = append(wrong, fmt.Errorf("measured %s\n  recorded %s", line, was))
		}
	}
	if len(recorded) > len(measured) {
		wrong = append(wrong, fmt.Errorf("%d lines are recorded, %d measured", len(recorded), len(measured)))
	}
	if len(wrong) > 0 {
		wrong = append(wrong, errors.New(`if the change is intended, record it: make bench-check UPDATE=1`))
	}
	return errors.Join(wrong...)
}

func alike(recorded, measured string) bool {
	var name, was string
	var allocs, allocsNow int
	var bytes, bytesNow float64
	const form = "%s %d allocs/op %f B/op"
	if _, err := fmt.Sscanf(recorded, form, &was, &allocs, &bytes); err != nil {
		return false
	}
	if _, err := fmt.Sscanf(measured, form, &name, &allocsNow, &bytesNow); err != nil {
		return false
	}
	return name == was && allocs == allocsNow && math.Abs(bytesNow-bytes) <= bytes*byteSlack
}

// checkRatio compares the CPU time of the base point with that of the bare socket, which a busy machine slows down equally.
func checkRatio(ctx context.Context, servers *servers, limit float64) error {
	const rounds, each = 5, 300 * time.Millisecond
	addr := servers.replaying(zkpeer.Replay{DataSize: base.size})
	var ratios series
	for range rounds {
		ours, err := measure(ctx, clientAsync, addr, base, each)
		if err != nil {
			return err
		}
		limit, err := measure(ctx, clientBare, addr, base, each)
		if err != nil {
			return err
		}
		ratios = append(ratios, ours.cpu/limit.cpu)
	}
	fmt.Printf("CPU per get, as a multiple of the bare socket's: %.2f (%.2f to %.2f), limit %.2f\n",
		ratios.median(), slices.Min(ratios), slices.Max(ratios), limit)
	if ratios.median() > limit {
		return errors.New("a get takes too much CPU")
	}
	return nil
}
