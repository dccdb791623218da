package main

import "testing"

// The tour writes, so it must not do so on a server that $ZKASYNC_SERVERS or a habit has named.
func TestTour_AsksBeforeItWrites(t *testing.T) {
	t.Parallel()
	server, c := place(t)
	says(t, zkdemo(t, server).expect(t, exitOK).out, "Usage:", "tour")
	says(t, zkdemo(t, "tour", server).expect(t, exitUsage).err, "--yes", "--local")
	nothingLeft(t, c)
}

func TestTour_LeavesNothing(t *testing.T) {
	t.Parallel()
	server, c := place(t)
	r := zkdemo(t, "tour", "--yes", server).expect(t, exitOK)
	says(t, r.out, "a tour of zkasync", "8. Shutting down", "closed; the state is Closed")
	nothingLeft(t, c)
}

func TestTour_CanBeInterrupted(t *testing.T) {
	t.Parallel()
	server, c := place(t)
	r := start(t, "tour", "--yes", server)
	r.out.await(t, "3. Creating")
	says(t, r.interrupt(t).expect(t, exitInterrupted).err, "interrupted")
	nothingLeft(t, c)
}

func TestTour_OnAServerOfItsOwn(t *testing.T) {
	t.Parallel()
	for _, local := range []string{"--local", "--local=zookeeper"} {
		r := zkdemo(t, "tour", local).expect(t, exitOK)
		says(t, r.out, "8. Shutting down")
	}
}

func TestTour_SaysWhenThereIsNoServer(t *testing.T) {
	t.Parallel()
	r := zkdemo(t, "tour", "--yes", "--server", "127.0.0.1:1", "--timeout", "300ms").expect(t, exitConnect)
	if r.out != "" {
		t.Errorf("it began all the same:\n%s", r.out)
	}
}
