package recipe_test

import (
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

// We take kazoo's items, and kazoo takes ours, each item once and in one order.
func TestInterop_KazooLockingQueue(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	kazoo := startKazoo(t, servers)
	q := recipe.NewQueue(c, "/queue", recipe.KazooLockingQueue())
	kazoo.do("done", "put locking /queue 100 a b")
	must(t, q.PutPriority(t.Context(), 50, values("first")...))
	must(t, q.Put(t.Context(), values("c", "d")...))
	kazoo.do("first", "take 1 locking /queue 20000")
	a := taken(t, q, "a")
	kazoo.do("b", "take 2 locking /queue 20000")
	c1 := taken(t, q, "c")
	kazoo.do("d", "take 3 locking /queue 20000")
	kazoo.do("timeout", "take 4 locking /queue 300")
	waits := q.Take(t.Context())
	kazoo.do("consumed", "consume 1")
	kazoo.do("released", "release 2")
	b := must(t, waits)
	if string(b.Data) != "b" {
		t.Errorf("taken: %q", b.Data)
	}
	must(t, a.Release())
	kazoo.do("a", "take 4 locking /queue 20000")
	must(t, c1.Consume(t.Context()))
	must(t, b.Consume(t.Context()))
	waits = q.Take(t.Context())
	if err := kazoo.cmd.Process.Kill(); err != nil { // it has taken a and d
		t.Fatal(err)
	}
	a = must(t, waits)
	d := must(t, q.Take(t.Context()))
	if string(a.Data)+string(d.Data) != "ad" && string(a.Data)+string(d.Data) != "da" {
		t.Errorf("taken: %q and %q", a.Data, d.Data)
	}
	must(t, a.Consume(t.Context()))
	must(t, d.Consume(t.Context()))
	if n := must(t, q.Len(t.Context())); n != 0 {
		t.Errorf("%d are left", n)
	}
}

func TestInterop_KazooQueue(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	kazoo := startKazoo(t, servers)
	q := recipe.NewQueue(c, "/queue", recipe.KazooQueue())
	kazoo.do("done", "put plain /queue 100 a")
	kazoo.do("done", "put plain /queue 1 first")
	must(t, q.Put(t.Context(), values("b")...))
	taken(t, q, "first")
	kazoo.do("a", "take 1 plain /queue 0")
	taken(t, q, "b")
	kazoo.do("timeout", "take 1 plain /queue 0")
}

// Curator's consumers and ours take different items. When Curator is killed, we get its item.
func TestInterop_CuratorQueue(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	curator := startCurator(t, servers)
	q := recipe.NewQueue(c, "/queue", recipe.CuratorQueue("/queue-locks"))
	curator.do("done", "put locking /queue 0 a b")
	must(t, q.Put(t.Context(), values("c")...))
	both := taken(t, q, "a")
	if len(both.Rest) != 1 || string(both.Rest[0]) != "b" {
		t.Errorf("rest %q", both.Rest)
	}
	curator.do("c", "take 1 locking /queue 20000")
	waits := q.Take(t.Context())
	curator.do("done", "requeue 1") // Curator itself may take it again
	must(t, both.Consume(t.Context()))
	for !waits.Ready() {
		if curator.ask("take 1 locking /queue 100") == "c" {
			if err := curator.cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	again := must(t, waits)
	if string(again.Data) != "c" {
		t.Errorf("taken: %q", again.Data)
	}
	must(t, again.Consume(t.Context()))
	poll(t, "nothing left", func() bool { return len(names(t, c, "/queue"))+len(names(t, c, "/queue-locks")) == 0 })
}

// Curator reads our items, in the order of priorities. When Curator is killed, we get its item.
func TestInterop_CuratorPriorityQueue(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	curator := startCurator(t, servers)
	q := recipe.NewQueue(c, "/queue", recipe.CuratorQueue("/queue-locks"))
	curator.do("done", "put priority /queue 5 five")
	must(t, q.PutPriority(t.Context(), -7, values("minus seven")...))
	must(t, q.PutPriority(t.Context(), 6, values("six")...))
	first := taken(t, q, "minus seven")
	curator.do("five", "take 1 priority /queue 20000")
	curator.do("done", "consume 1")
	curator.do("six", "take 1 priority /queue 20000")
	must(t, first.Consume(t.Context()))
	waits := q.Take(t.Context())
	if err := curator.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	six := must(t, waits)
	if string(six.Data) != "six" {
		t.Errorf("taken: %q", six.Data)
	}
	must(t, six.Consume(t.Context()))
	poll(t, "nothing left", func() bool { return len(names(t, c, "/queue"))+len(names(t, c, "/queue-locks")) == 0 })
}

func TestInterop_CuratorQueueWithoutLocks(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	curator := startCurator(t, servers)
	q := recipe.NewQueue(c, "/queue", recipe.CuratorQueue(""))
	curator.do("done", "put plain /queue 0 a")
	must(t, taken(t, q, "a").Consume(t.Context()))
	must(t, q.Put(t.Context(), values("b")...))
	curator.do("b", "take 1 plain /queue 20000")
	curator.do("done", "consume 1")
}

// We take Curator's delayed items when they are due, and the other way round.
func TestInterop_CuratorDelayQueue(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	curator := startCurator(t, servers)
	q := recipe.NewQueue(c, "/queue", recipe.CuratorDelayQueue("/queue-locks"))
	begun := time.Now()
	curator.do("done", "putat /queue 1500 later")
	curator.do("done", "putat /queue 0 now")
	must(t, taken(t, q, "now").Consume(t.Context()))
	later := taken(t, q, "later")
	if after := time.Since(begun); after < 1500*time.Millisecond {
		t.Errorf("taken after %v", after)
	}
	must(t, later.Consume(t.Context()))
	begun = time.Now()
	must(t, q.PutAt(t.Context(), begun.Add(1500*time.Millisecond), values("ours")...))
	curator.do("ours", "take 1 delay /queue 20000")
	if after := time.Since(begun); after < 1500*time.Millisecond {
		t.Errorf("Curator has taken it after %v", after)
	}
	curator.do("done", "consume 1")
	poll(t, "nothing left", func() bool { return len(names(t, c, "/queue"))+len(names(t, c, "/queue-locks")) == 0 })
}

// Each side removes the other's items by their ids, and takes the rest.
func TestInterop_CuratorIDQueue(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	curator := startCurator(t, servers)
	q := recipe.NewQueue(c, "/queue", recipe.CuratorIDQueue("/queue-locks"))
	curator.do("done", "putid /queue my/id one")
	curator.do("done", "putid /queue other two")
	must(t, q.PutID(t.Context(), "other", values("three")...))
	must(t, q.PutID(t.Context(), "my/id", values("four")...))
	if n := must(t, q.Remove(t.Context(), "my/id")); n != 2 {
		t.Errorf("%d are removed, want 2", n)
	}
	two := taken(t, q, "two")
	if two.ID() != "other" {
		t.Errorf("id %q", two.ID())
	}
	curator.do("1", "removeid /queue other") // only three, since we have taken two
	must(t, two.Consume(t.Context()))
	must(t, q.PutID(t.Context(), "last", values("five")...))
	curator.do("five", "take 1 id /queue 20000")
	curator.do("done", "consume 1")
	poll(t, "nothing left", func() bool { return len(names(t, c, "/queue"))+len(names(t, c, "/queue-locks")) == 0 })
}

func TestInterop_CuratorSimpleQueue(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	curator := startCurator(t, servers)
	q := recipe.NewQueue(c, "/queue", recipe.CuratorSimpleQueue())
	curator.do("done", "offer /queue a")
	must(t, q.Put(t.Context(), values("b")...))
	taken(t, q, "a")
	curator.do("b", "poll /queue 20000")
	waits := q.Take(t.Context())
	curator.do("done", "offer /queue c")
	if item := must(t, waits); string(item.Data) != "c" {
		t.Errorf("taken: %q", item.Data)
	}
	curator.do("timeout", "poll /queue 300")
}
