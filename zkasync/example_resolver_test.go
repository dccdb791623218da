package zkasync_test

import (
	"context"
	"fmt"
	"net"

	"github.com/zkasync/zkasync-go/zkasync"
)

// Each address of a name counts as a server, and one that does not answer is skipped. TLS, if it is used, verifies the name.
func ExampleWithResolver() {
	host, port, err := net.SplitHostPort(demoServers())
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := zkasync.Connect(context.Background(), "zk.example:"+port,
		zkasync.WithResolver(func(_ context.Context, name string) ([]string, error) {
			if name != "zk.example" {
				return nil, fmt.Errorf("%s is not ours", name)
			}
			return []string{"127.0.0.99", host}, nil // nobody listens at the first
		}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.State(), c.Close())
	// Output: Connected <nil>
}
