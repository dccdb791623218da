package zktest_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// failing is a test that panics when it fails, so that another test can check the failure.
type failing struct{ testing.TB }

type failure string

func (failing) Fatalf(format string, args ...any) { panic(failure(fmt.Sprintf(format, args...))) }

// A call with an invalid argument fails the test with the value and the rule, and does not change the server.
func TestServer_BadArgumentsFailTheTest(t *testing.T) {
	t.Parallel()
	ens := zktest.RunEnsemble(failing{t}, 2)
	srv := ens.Servers()[0]
	drop := zktest.Drop()
	for want, call := range map[string]func(){
		"Fault: it has no Do":               func() { srv.Fault(zktest.Fault{}) },
		"Fault: skip -1, count 0":           func() { srv.Fault(zktest.Fault{Skip: -1, Do: drop}) },
		"Fault: when 7":                     func() { srv.Fault(zktest.Fault{When: 7, Do: drop}) },
		"Fault: path \"[\"":                 func() { srv.Fault(zktest.Fault{Path: "[", Do: drop}) },
		"Fault: cut after -1 bytes":         func() { srv.Fault(zktest.Fault{Do: zktest.Cut(-1)}) },
		"Fault: no server answers with the": func() { srv.Fault(zktest.Fault{Do: zktest.Fail(errors.New("mine"))}) },
		"Lag by -1 transactions":            func() { srv.Lag(-1) },
	} {
		func() {
			defer func() {
				said, ok := recover().(failure)
				if !ok || !strings.Contains(string(said), want) {
					t.Errorf("%q: failed with %q", want, said)
				}
			}()
			call()
		}()
	}
	must(t, srv.Put("/a", nil))
}

// The record has the error that the client gets, whatever error was given to the fault.
func TestServer_RecordsTheClientsError(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	srv := zktest.Run(t)
	c := connect(t, srv)
	for _, fail := range []error{zk.ErrNoNode, zkasync.ErrThrottled, zkasync.ServerError{Code: -999}} {
		in := srv.Fault(zktest.Fault{Op: zktest.OpDelete, Path: "/a", Do: zktest.Fail(fail)})
		_, err := c.Delete(ctx, "/a", zkasync.AnyVersion).Get(ctx)
		var told, recorded zkasync.ServerError
		if !errors.As(err, &told) || !errors.Is(err, fail) {
			t.Errorf("%v was told as %v", fail, err)
		}
		list := srv.Requests()
		last := list[len(list)-1]
		if !errors.As(last.Err, &recorded) || recorded != told {
			t.Errorf("%v is recorded as %#v", told, last.Err)
		}
		in.Remove()
	}
}
