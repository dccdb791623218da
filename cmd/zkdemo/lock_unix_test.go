//go:build unix

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/zkasync"
)

func TestLock_RunsTheCommandAndGivesItsCode(t *testing.T) {
	t.Parallel()
	server, c := place(t)
	r := zkdemo(t, "lock", "/lock", server, "--", "sh", "-c", "echo fence=$ZKASYNC_FENCE; exit 7").expect(t, 7)
	if !strings.HasPrefix(r.out, "fence=") || r.out == "fence=\n" || r.err != "" {
		t.Errorf("%q, %q", r.out, r.err)
	}
	zkdemo(t, "lock", "/lock", server, "--read", "--", "true").expect(t, exitOK)
	zkdemo(t, "lock", "/lock", server, "--kazoo", "--", "sh", "-c", "kill -9 $$").expect(t, 128+9)
	if l, err := c.Children(t.Context(), "/lock").Get(t.Context()); err != nil || len(l.Names) > 0 {
		t.Errorf("left: %q, %v", l.Names, err)
	}
}

func TestLock_OneAtATime(t *testing.T) {
	t.Parallel()
	server, c := place(t)
	holder := start(t, "lock", "/lock", server, "--", "sh", "-c", "echo held; sleep 600")
	holder.out.await(t, "held")
	for _, args := range [][]string{{"-n"}, {"-w", "100ms"}} {
		r := zkdemo(t, append(append([]string{"lock", "/lock", server, "-E", "9"}, args...), "--", "true")...).expect(t, 9)
		says(t, r.err, "lock /lock: somebody else has the lock")
	}
	waits := start(t, "lock", "/lock", server, "--", "echo", "mine")
	holder.interrupt(t).expect(t, exitInterrupted)
	if r := waits.end(t).expect(t, exitOK); r.out != "mine\n" {
		t.Errorf("%q", r.out)
	}
	if l, err := c.Children(t.Context(), "/lock").Get(t.Context()); err != nil || len(l.Names) > 0 {
		t.Errorf("left: %q, %v", l.Names, err)
	}
}

// When the lock is lost, the command is asked to end.
func TestLock_EndsTheCommandWithTheLock(t *testing.T) {
	t.Parallel()
	server, c := place(t)
	holder := start(t, "lock", "/lock", server, "--", "sh", "-c", "trap 'echo asked; exit 3' TERM; echo held; while :; do sleep 0.05; done")
	holder.out.await(t, "held")
	l, err := c.Children(t.Context(), "/lock").Get(t.Context())
	if err != nil || len(l.Names) != 1 {
		t.Fatal(l.Names, err)
	}
	begun := time.Now()
	if _, err := c.Delete(t.Context(), "/lock/"+l.Names[0], zkasync.AnyVersion).Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := holder.end(t).expect(t, exitFailed)
	says(t, r.err, "no longer held", "its znode was deleted")
	if !strings.Contains(r.out, "asked") || time.Since(begun) > endOfCommand {
		t.Errorf("%q after %v", r.out, time.Since(begun))
	}
}

func TestLock_RefusesWhatCannotBeMeant(t *testing.T) {
	t.Parallel()
	for want, line := range map[string]string{
		"one path, and the command after --": "lock /lock true",
		"no-such-command":                    "lock /lock -- no-such-command",
		"exclude each other":                 "lock /lock -n -w 1s -- true",
		"must not be negative":               "lock /lock -w -1s -- true",
		"from 0 to 255":                      "lock /lock -E 256 -- true",
		"lock":                               "lock lock -- true",
	} {
		says(t, zkdemo(t, strings.Fields(line)...).expect(t, exitUsage).err, want)
	}
}
