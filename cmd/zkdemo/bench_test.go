package main

import (
	"testing"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/load"
	"github.com/zkasync/zkasync-go/zkasync"
)

// nothingLeft fails the test if a command has left znodes behind.
func nothingLeft(t *testing.T, c *zkasync.Client) {
	t.Helper()
	children, err := c.Children(t.Context(), "/").Get(t.Context())
	if err != nil || len(children.Names) > 0 {
		t.Errorf("left behind: %v, %v", children.Names, err)
	}
}

func TestBench_MeasuresAndCompares(t *testing.T) {
	t.Parallel()
	server, c := place(t)
	r := zkdemo(t, "bench", "get", "create", "--count", "300", "--depth", "20", "--keys", "10", "--compare", server).expect(t, exitOK)
	says(t, r.out, "get  zkasync, 20 in flight, 100 B each", "300 requests in", "create  go-zookeeper", "get  side by side",
		"in 3 rounds", "requests per second", "processor per request", "latency, 99 % within", "█")
	nothingLeft(t, c)
}

func TestBench_PrintsJSON(t *testing.T) {
	t.Parallel()
	server, c := place(t)
	v := parse[[]load.Summary](t, zkdemo(t, "bench", "--count", "50", "--depth", "5", "--size", "0", server, "--json").expect(t, exitOK).out)
	if len(v) != 3 {
		t.Fatalf("%d summaries", len(v))
	}
	for i, s := range v {
		if s.Op != load.Ops[i] || s.Client != "zkasync" || s.Ops != 50 || s.PerSecond <= 0 || s.LatencyMicro.Max <= 0 {
			t.Errorf("%+v", s)
		}
	}
	nothingLeft(t, c)
}

func TestBench_CleansUpWhenInterrupted(t *testing.T) {
	t.Parallel()
	server, c := place(t)
	r := start(t, "bench", "create", "--duration", "10m", "--compare", server)
	waitForChild(t, c)
	r.interrupt(t).expect(t, exitInterrupted)
	nothingLeft(t, c)
}

// waitForChild waits until something is below the test's root.
func waitForChild(t *testing.T, c *zkasync.Client) {
	t.Helper()
	kids, err := c.ChildrenW(t.Context(), "/").Get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(kids.Value.Names) == 0 {
		if _, err := kids.Event.Get(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
