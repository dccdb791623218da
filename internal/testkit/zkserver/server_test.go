package zkserver

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"
)

func TestServer_ReadyMeansASession(t *testing.T) {
	t.Parallel()
	// A server answers "imok" some time before it grants sessions. How long varies, so try it twice.
	for range 2 {
		s, err := Start(testContext(t))
		must(t, err)
		if err := probe(testContext(t), s.Addr()); err != nil {
			t.Error("the first session after Start:", err)
		}
		must(t, s.Stop(testContext(t)))
	}
}

func TestServer_StopLeavesNothing(t *testing.T) {
	t.Parallel()
	s, err := Start(testContext(t))
	must(t, err)
	p := s.process()
	if !s.Running() || s.PID() != p.pid {
		t.Errorf("Running() is %v, PID() is %d, want true and %d", s.Running(), s.PID(), p.pid)
	}
	must(t, s.Stop(testContext(t)))
	must(t, s.Stop(testContext(t)))
	select {
	case <-p.done:
	default:
		t.Error("the process has not been reaped")
	}
	if s.Running() || s.PID() != 0 {
		t.Errorf("Running() is %v, PID() is %d after Stop", s.Running(), s.PID())
	}
	if _, err := os.Stat(s.Dir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder is still there: %v", err)
	}
	ports.mu.Lock()
	taken := ports.taken[s.Port()]
	ports.mu.Unlock()
	if taken || !listenable(s.Port()) {
		t.Errorf("the port is still in use; reserved: %v", taken)
	}
	if err := s.Restart(testContext(t)); err == nil {
		t.Error("a server that was stopped for good was restarted")
	}
}

func TestServer_StopEndsAFrozenProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir() // with a folder to keep, Stop asks the process to end before it kills it
	s, err := Start(testContext(t), WithDir(dir))
	must(t, err)
	must(t, s.Freeze())
	begin := time.Now()
	must(t, s.Stop(testContext(t)))
	if took := time.Since(begin); took > terminateTimeout/2 {
		t.Errorf("Stop took %v: it did not continue the process and ask it to end, but killed it", took)
	}
	if s.Running() {
		t.Error("the process still runs")
	}
}

func TestServer_RestartKeepsData(t *testing.T) {
	t.Parallel()
	s := Run(t)
	create(t, connect(t, s.Addr()), "/kept", "one")
	addr, pid := s.Addr(), s.PID()
	must(t, s.Kill())
	if s.Running() {
		t.Error("the process still runs after Kill")
	}
	must(t, s.Restart(testContext(t)))
	wantData(t, connect(t, s.Addr()), "/kept", "one")
	must(t, s.Restart(testContext(t))) // while it is running
	wantData(t, connect(t, s.Addr()), "/kept", "one")
	if s.Addr() != addr || s.PID() == pid {
		t.Errorf("address %s became %s, process %d became %d", addr, s.Addr(), pid, s.PID())
	}
}

func TestServer_WipeRemovesData(t *testing.T) {
	t.Parallel()
	s := Run(t)
	conn := connect(t, s.Addr())
	create(t, conn, "/lost", "")
	conn.Close()
	if err := s.Wipe(); err == nil {
		t.Error("a running server was wiped")
	}
	must(t, s.Terminate(testContext(t)))
	must(t, s.Wipe())
	must(t, s.Restart(testContext(t)))
	if _, _, err := connect(t, s.Addr()).Get("/lost"); !errors.Is(err, zk.ErrNoNode) {
		t.Errorf("Get after Wipe: %v, want %v", err, zk.ErrNoNode)
	}
}

func TestServer_FreezeStopsAnswersContinueBringsThemBack(t *testing.T) {
	t.Parallel()
	s := Run(t)
	must(t, s.Freeze())
	if !s.Running() {
		t.Error("a frozen process does not count as running")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if answer, err := s.FourLetter(ctx, "ruok"); err == nil {
		t.Errorf("a frozen server answered %q", answer)
	}
	if conn, err := net.Dial("tcp", s.Addr()); err != nil {
		t.Error("the kernel accepts no connection for a frozen server:", err)
	} else {
		conn.Close()
	}
	must(t, s.Continue())
	must(t, s.Ready(testContext(t)))
}

func TestServer_BootDoesNotWait(t *testing.T) {
	t.Parallel()
	s := Run(t)
	if err := s.Boot(); err == nil {
		t.Error("a running server was started again")
	}
	must(t, s.Kill())
	must(t, s.Boot())
	must(t, s.Ready(testContext(t)))
}

func TestServer_KeepsTheFolderItWasGiven(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := Start(testContext(t), WithDir(dir))
	must(t, err)
	create(t, connect(t, first.Addr()), "/kept", "two")
	must(t, first.Stop(testContext(t)))
	second := Run(t, WithDir(dir))
	wantData(t, connect(t, second.Addr()), "/kept", "two")
	if second.Dir() != dir || second.LogFile() != filepath.Join(dir, "server.log") {
		t.Errorf("folder %s, log %s", second.Dir(), second.LogFile())
	}
}

func TestServer_OptionsReachTheServer(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s, err := Start(testContext(t), WithLog(&log), WithTickTime(250*time.Millisecond), WithHeap("300m"),
		WithConfig("maxSessionTimeout", "12345"), WithJVMFlag("-Dzookeeper.snapshot.trust.empty=true"), WithSuperuser("secret"))
	must(t, err)
	conf, err := s.FourLetter(testContext(t), "conf")
	must(t, err)
	for _, want := range []string{"tickTime=250\n", "maxSessionTimeout=12345\n", "minSessionTimeout=1000\n"} {
		if !strings.Contains(conf, want) {
			t.Errorf("conf lacks %q:\n%s", want, conf)
		}
	}
	conn := connect(t, s.Addr())
	create(t, conn, "/closed", "")
	_, err = conn.SetACL("/closed", zk.DigestACL(zk.PermAll, "nobody", "knows"), 0)
	must(t, err)
	must(t, conn.AddAuth("digest", []byte("super:secret")))
	wantData(t, conn, "/closed", "")
	must(t, s.Stop(testContext(t)))
	if want := "zookeeper.snapshot.trust.empty : true"; !strings.Contains(log.String(), want) {
		t.Errorf("the log does not say %q:\n%s", want, log.String())
	}
	if !slices.Contains(s.commandLine(), "-Xmx300m") {
		t.Errorf("command line %q", s.commandLine())
	}
}

func TestServer_TTLNodesExpire(t *testing.T) {
	t.Parallel()
	conn, path := connect(t, Shared(t).Addr()), Root(t)
	_, err := conn.CreateTTL(path, nil, zk.FlagTTL, zk.WorldACL(zk.PermAll), time.Millisecond)
	must(t, err)
	exists, _, gone, err := conn.ExistsW(path)
	must(t, err)
	if !exists {
		return // deleted already
	}
	select {
	case event := <-gone:
		if event.Type != zk.EventNodeDeleted {
			t.Errorf("event %v, want %v", event.Type, zk.EventNodeDeleted)
		}
	case <-testContext(t).Done():
		t.Error("the node did not expire")
	}
}
