package main

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// usage is what this process has used up to a time.
type usage struct {
	at       time.Time
	cpu      time.Duration // of this process alone, in user and system mode
	bytes    uint64        // allocated on the heap
	objects  uint64
	syscalls int64 // reads and writes; Linux only
}

func usageNow() usage {
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	return usage{
		at:       time.Now(),
		cpu:      cpuTime(),
		bytes:    mem.TotalAlloc,
		objects:  mem.Mallocs,
		syscalls: ioCalls(),
	}
}

// ioCalls returns the number of read and write system calls of this process, including those that found nothing to read (syscr and
// syscw of /proc/self/io). Calls that wait for a socket or wake threads are not included.
func ioCalls() (n int64) {
	text, err := os.ReadFile("/proc/self/io")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if name == "syscr" || name == "syscw" {
			calls, _ := strconv.ParseInt(value, 10, 64)
			n += calls
		}
	}
	return n
}

// cpuTimeOf returns the processor time of another process, to 10 ms, or 0 if it is not known. It is on Linux.
func cpuTimeOf(pid int) time.Duration {
	const tick, user, system = 10 * time.Millisecond, 11, 12 // USER_HZ; fields after the name, which may contain anything
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) <= system {
		return 0
	}
	var sum time.Duration
	for _, field := range []int{user, system} {
		ticks, _ := strconv.ParseInt(fields[field], 10, 64)
		sum += time.Duration(ticks) * tick
	}
	return sum
}

// cost is what an operation took on average.
type cost struct {
	ops        int64
	perSecond  float64
	wall       float64 // nanoseconds per operation
	cpu        float64 // likewise
	server     float64 // likewise, of the server's process; 0: not known
	bytes      float64
	allocs     float64
	syscalls   float64
	goroutines float64
}

func (u usage) to(end usage, ops int64) cost {
	n, elapsed := float64(ops), end.at.Sub(u.at)
	return cost{
		ops:       ops,
		perSecond: n / elapsed.Seconds(),
		wall:      float64(elapsed) / n,
		cpu:       float64(end.cpu-u.cpu) / n,
		bytes:     float64(end.bytes-u.bytes) / n,
		allocs:    float64(end.objects-u.objects) / n,
		syscalls:  float64(end.syscalls-u.syscalls) / n,
	}
}
