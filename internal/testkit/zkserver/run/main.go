// Command run starts a private ZooKeeper server, prints its address and stops it
// on an interrupt or at the end of its standard input.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go awaitEOF(cancel)
	srv, err := zkserver.Start(ctx)
	if err != nil {
		return err
	}
	fmt.Println(srv.Addr())
	<-ctx.Done()
	return srv.Stop(context.Background())
}

// awaitEOF ends the program when whoever started it closes the other end of its
// standard input, or ends. Nobody waits for it: a read of a terminal cannot be
// called off, and the program ends with it.
func awaitEOF(cancel context.CancelFunc) {
	io.Copy(io.Discard, os.Stdin)
	cancel()
}
