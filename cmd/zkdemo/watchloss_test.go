package main

import (
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

func TestWatch_TellsOfTheConnectionAndMissesNothing(t *testing.T) {
	t.Parallel()
	server := check.Run(t)
	c := connect(t, server.Addr())
	if _, err := c.Create(t.Context(), "/w", []byte("before")).Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	w := start(t, "watch", "/w", "--server", server.Addr(), "--timeout", "30s")
	w.out.await(t, "0 children")
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	w.out.await(t, "Suspended")
	changed := c.Set(t.Context(), "/w", []byte("after"), zkasync.AnyVersion) // is sent when the server is back
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := changed.Get(t.Context()); err != nil {
		changed = c.Set(t.Context(), "/w", []byte("after"), zkasync.AnyVersion)
		if _, err := changed.Get(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	w.out.await(t, "Connected")
	w.out.await(t, `"after"`)
	w.interrupt(t).expect(t, exitInterrupted)
}

func TestWatch_SaysThatATreeMayHaveChangedUnseen(t *testing.T) {
	t.Parallel()
	zkserver.Needs(t, "3.6", "persistent watches, which watch -r uses")
	server := check.Run(t)
	c := connect(t, server.Addr())
	w := start(t, "watch", "-r", "/", "--server", server.Addr(), "--timeout", "30s")
	w.out.await(t, "watching")
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	w.out.await(t, "Suspended")
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.out.await(t, "missed         some changes may not have been reported: connection lost")
	if _, err := c.Create(t.Context(), "/after", nil).Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.out.await(t, "created        /after")
	w.interrupt(t).expect(t, exitInterrupted)
}

func TestCreate_SaysWhenItsSessionIsLost(t *testing.T) {
	t.Parallel()
	server := check.Run(t)
	held := start(t, "create", "/mine", "--ephemeral", "--server", server.Addr())
	held.err.await(t, "ends with this session")
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	select {
	case code := <-held.code:
		says(t, held.err.String(), "session is lost")
		if code != exitFailed {
			t.Errorf("exit code %d", code)
		}
	case <-time.After(60 * time.Second):
		t.Errorf("still holding a lost session\n%s", held.err)
	}
}
