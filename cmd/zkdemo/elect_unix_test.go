//go:build unix

package main

import "testing"

func TestElect_FollowsLeadersAndLeads(t *testing.T) {
	t.Parallel()
	server, _ := place(t)
	seen := start(t, "elect", "/leader", server)
	seen.out.await(t, "nobody")
	first := start(t, "elect", "/leader", server, "--value", "first", "--", "sh", "-c", "echo leading; sleep 600")
	first.out.await(t, "leading")
	seen.out.await(t, "first (/leader/_c_")
	second := start(t, "elect", "/leader", server, "--value", "second", "--", "sh", "-c", "echo $ZKASYNC_FENCE; exit 3")
	first.interrupt(t).expect(t, exitInterrupted)
	second.end(t).expect(t, 3)
	seen.out.await(t, "nobody")
	seen.interrupt(t).expect(t, exitInterrupted)
	says(t, zkdemo(t, "elect", "/leader", "true").expect(t, exitUsage).err, "after --")
	says(t, zkdemo(t, "elect", "/leader", "--", "no-such-command").expect(t, exitUsage).err, "no-such-command")
}

func TestMembers_FollowsAndJoins(t *testing.T) {
	t.Parallel()
	server, _ := place(t)
	seen := start(t, "members", "/group", server)
	seen.out.await(t, "0 members")
	one := start(t, "members", "/group", server, "--join", "one", "--data", "10.0.0.1:80", "--json")
	seen.out.await(t, "1 member\n    one  \"10.0.0.1:80\"")
	one.out.await(t, `"name":"one"`)
	one.interrupt(t).expect(t, exitInterrupted)
	seen.out.await(t, "0 members")
	seen.interrupt(t).expect(t, exitInterrupted)
	says(t, zkdemo(t, "members", "/group", "--data", "x").expect(t, exitUsage).err, "--join")
}
