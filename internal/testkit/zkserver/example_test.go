package zkserver_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
)

func ExampleStart() {
	ctx := context.Background()
	srv, err := zkserver.Start(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Stop(ctx)

	// A client that connects to srv.Addr() gets a session. Then a test can break things:
	fmt.Println(srv.Freeze(), srv.Continue(), srv.Kill(), srv.Restart(ctx))
	answer, err := srv.FourLetter(ctx, "srvr")
	fmt.Println(strings.Contains(answer, "Mode: standalone"), err)
	// Output:
	// <nil> <nil> <nil> <nil>
	// true <nil>
}
