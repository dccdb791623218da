// Command run starts a private ZooKeeper server and prints its address. It stops the
// server on an interrupt, or when its standard input ends.
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

// awaitEOF ends the program when the process that started it closes the other end of
// its standard input, or ends. Nobody joins this goroutine, because a read from a
// terminal cannot be interrupted; it ends with the program.
func awaitEOF(cancel context.CancelFunc) {
	io.Copy(io.Discard, os.Stdin)
	cancel()
}
