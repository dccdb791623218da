// Command faulttable puts the same faults to zkasync and to go-zookeeper, which it uses with a goroutine for each operation, and
// prints what happens as a Markdown table. It needs ZooKeeper; it starts servers of its own on free ports, and stops them. It runs
// for about three minutes.
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
)

// childArg makes the program a child that runs one client against a broken peer. It is a process of its own, because such a peer may
// make the client's process panic.
const childArg = "child"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if len(os.Args) == 4 && os.Args[1] == childArg {
		fmt.Println(meetBadPeer(ctx, subjects()[os.Args[2]], os.Args[3]))
		return
	}
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "faulttable:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	fmt.Println("| fault | zkasync | go-zookeeper |")
	fmt.Println("|---|---|---|")
	for _, f := range faults {
		fmt.Printf("| %s ", f.name)
		for _, name := range []string{ours, theirs} {
			what, err := f.put(ctx, name)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", f.name, name, err)
			}
			fmt.Printf("| %s ", what)
		}
		fmt.Println("|")
	}
	return nil
}

// inChild runs the child and returns what it printed, or says that it panicked.
func inChild(ctx context.Context, subject, peer string) (string, error) {
	out, err := exec.CommandContext(ctx, os.Args[0], childArg, subject, peer).Output()
	if exit := new(exec.ExitError); err != nil {
		if ctx.Err() == nil && asExit(err, &exit) {
			return "the process panics", nil
		}
		return "", err
	}
	return string(out[:len(out)-1]), nil
}
