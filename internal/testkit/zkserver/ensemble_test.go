package zkserver

import (
	"slices"
	"strings"
	"testing"
)

// One ensemble serves several tests in turn, because three servers take long to start.
func TestEnsemble_Survives(t *testing.T) {
	t.Parallel()
	e := RunEnsemble(t)
	t.Run("LeaderKilled", func(t *testing.T) { leaderKilled(t, e) })
	t.Run("LeaderFrozen", func(t *testing.T) { leaderFrozen(t, e) })
	t.Run("AllKilled", func(t *testing.T) { allKilled(t, e) })
}

func leaderKilled(t *testing.T, e *Ensemble) {
	ctx := testContext(t)
	leader, err := e.Leader(ctx)
	must(t, err)
	followers, err := e.Followers(ctx)
	must(t, err)
	if len(followers) != 2 || slices.Contains(followers, leader) {
		t.Fatalf("%d followers, leader among them: %v", len(followers), slices.Contains(followers, leader))
	}
	create(t, connect(t, leader.Addr()), "/kept", "three")

	must(t, leader.Kill())
	next, err := e.Leader(ctx)
	must(t, err)
	if next == leader {
		t.Error("a killed server leads")
	}
	must(t, next.Ready(ctx))
	wantData(t, connect(t, next.Addr()), "/kept", "three")

	must(t, leader.Restart(ctx))
	wantData(t, connect(t, leader.Addr()), "/kept", "three")
}

func leaderFrozen(t *testing.T, e *Ensemble) {
	ctx := testContext(t)
	old, err := e.Leader(ctx)
	must(t, err)
	must(t, old.Freeze())
	next, err := e.Leader(ctx)
	must(t, err)
	if next == old {
		t.Error("a frozen server leads")
	}
	must(t, old.Continue())
	must(t, old.Ready(ctx)) // as a follower
}

func allKilled(t *testing.T, e *Ensemble) {
	create(t, connect(t, e.Servers()[0].Addr()), "/kept-by-all", "four")
	must(t, e.Kill())
	must(t, e.Restart(testContext(t)))
	for _, s := range e.Servers() {
		wantData(t, connect(t, s.Addr()), "/kept-by-all", "four")
	}
}

// A leader that cannot listen for its followers does not end, but tries forever. Any
// server may become the leader, so at first none of them can listen.
func TestEnsemble_TriesAgainWhenAPortIsTaken(t *testing.T) {
	t.Parallel()
	// Each server takes its ports in this order: for clients, quorum, election.
	wrong := map[int]int{2: occupy(t), 5: occupy(t), 8: occupy(t)}
	e := RunEnsemble(t, handOut(wrong))
	for _, s := range e.Servers() {
		for _, port := range wrong {
			if s.ports.quorum == port {
				t.Errorf("server %s claims port %d, on which another listens", s.Addr(), port)
			}
		}
	}
}

func TestEnsemble_ConnectString(t *testing.T) {
	t.Parallel()
	e := &Ensemble{servers: []*Server{
		{ports: serverPorts{client: 15001}}, {ports: serverPorts{client: 15002}},
	}}
	if got, want := e.ConnectString(), "127.0.0.1:15001,127.0.0.1:15002"; got != want {
		t.Errorf("ConnectString() is %q, want %q", got, want)
	}
}

func TestEnsemble_RefusesWhatItIsNot(t *testing.T) {
	t.Parallel()
	if _, err := StartEnsemble(testContext(t), 1); err == nil {
		t.Error("an ensemble of one was started")
	}
	if _, err := StartEnsemble(testContext(t), 3, WithPort(15000)); err == nil || !strings.Contains(err.Error(), "15000") {
		t.Errorf("three servers on one port: %v", err)
	}
}
