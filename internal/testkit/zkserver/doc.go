// Package zkserver starts real ZooKeeper servers, one or an ensemble, for
// tests and for the demo. It finds the installed ZooKeeper and Java, gives each
// server free ports on 127.0.0.1 and its own folder, and hands it over once it
// has accepted a session.
//
//	srv := zkserver.Run(t)             // one server, stopped with the test
//	ens := zkserver.RunEnsemble(t)     // three of them
//	srv := zkserver.Shared(t)          // one for the whole test binary
//	base := zkserver.Root(t)           // a root path of the test's own
//	zkserver.Needs(t, "3.6", "…")      // skipped on servers before that
//
// A test binary that uses Shared stops it in TestMain, before goleak looks:
//
//	func TestMain(m *testing.M) { goleak.VerifyTestMain(zkserver.Main(m)) }
//
// Tests that need a server fail without one; Installed names the command that
// installs it. They run on any release since 3.5, which ZOOKEEPER_HOME names
// (make test-server): what differs between releases they ask Since, and Needs
// skips what a release cannot do.
//
// # What is tuned, and what it changes
//
// A server here does not sync its log to disk (forceSync=no): a killed process
// loses nothing, a machine that loses power would. It ticks every 500 ms,
// grants session timeouts from 1 s to 60 s, knows TTL nodes and looks for
// expired ones every second, and takes any number of connections from one
// address. All else is ZooKeeper's default; WithConfig and WithJVMFlag override
// each of these.
//
// # Goroutines
//
//	(*process).run    one per running server; ends when the process has been
//	                  reaped, which Stop, Kill and Terminate wait for
//	os/exec's copier  one per running server with WithLog; joined by run
//
// A leak check made while a shared server runs needs
// goleak.IgnoreAnyFunction(zkserver.Goroutine).
//
// # No server outlives its test
//
// Each server is the leader of its own process group. On Linux the kernel kills
// it when the program that started it ends, however that ends (see
// process_linux.go), and only its folder in the temporary directory stays;
// elsewhere a program killed with SIGKILL leaves the server behind, too.
package zkserver
