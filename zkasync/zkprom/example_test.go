package zkprom_test

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zkprom"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

func Example() {
	srv, err := zktest.New() // a real program has servers
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	ctx := context.Background()

	hook, err := zkprom.NewHook()
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := zkasync.Connect(ctx, srv.Addr(), append(srv.Options(), zkasync.WithHooks(hook))...)
	if err != nil {
		fmt.Println(err)
		return
	}
	stats, err := zkprom.NewCollector(client)
	if err != nil {
		fmt.Println(err)
		return
	}
	registry := prometheus.NewRegistry() // a real program has prometheus.MustRegister and promhttp.Handler
	registry.MustRegister(hook, stats)

	_, _ = client.Get(ctx, "/missing").Get(ctx)
	_ = client.Close() // all hooks have been called by then

	families, err := registry.Gather()
	for _, f := range families {
		if f.GetName() == "zookeeper_client_operations_total" {
			for _, m := range f.Metric {
				fmt.Println(m.Label[0].GetValue(), m.Label[1].GetValue(), m.Counter.GetValue())
			}
		}
	}
	fmt.Println(len(families) > 20, err)
	// Output:
	// NoNode get 1
	// true <nil>
}

// Paths become a label only through a function that returns few values.
func ExampleWithPath() {
	firstName := func(path string) string {
		for i := 1; i < len(path); i++ {
			if path[i] == '/' {
				return path[:i]
			}
		}
		return path
	}
	_, err := zkprom.NewHook(zkprom.WithPath(firstName), zkprom.WithLabels(prometheus.Labels{"client": "orders"}), zkprom.WithBuckets(.001, .01, .1, 1))
	fmt.Println(err)
	// Output:
	// <nil>
}
