package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/pprof"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
)

// profile writes a CPU profile of the base point to a file.
func profile(ctx context.Context, servers *servers, file string) (err error) {
	const long = 4 * time.Second
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	c, err := measure(ctx, clientAsync, servers.replaying(zkpeer.Replay{DataSize: base.size}), base, long)
	if err == nil {
		fmt.Printf("%.0f gets/s, %.0f ns of CPU each\n", c.perSecond, c.cpu)
	}
	return err
}
