// Package zkserver starts real ZooKeeper servers, single ones and ensembles, for
// tests and for the demo. It finds the installed ZooKeeper and Java, gives each
// server free ports on 127.0.0.1 and a folder of its own, and returns once the server
// has accepted a session.
//
//	srv := zkserver.Run(t)             // one server, stopped with the test
//	ens := zkserver.RunEnsemble(t)     // three of them
//	srv := zkserver.Shared(t)          // one for the whole test binary
//	base := zkserver.Root(t)           // a path for the test alone
//	zkserver.Needs(t, "3.6", "…")      // skip the test on older servers
//
// A test binary that uses Shared must stop it in TestMain, before goleak checks:
//
//	func TestMain(m *testing.M) { goleak.VerifyTestMain(zkserver.Main(m)) }
//
// Tests that need a server fail without one; the error names the command that
// installs ZooKeeper. They run on any release since 3.5; ZOOKEEPER_HOME chooses it
// (make test-server). Tests call Since where releases differ, and Needs where a release
// lacks something.
//
// # What is tuned, and what it changes
//
// A server here does not sync its log to disk (forceSync=no): a killed process
// loses nothing, though a machine that loses power would. It ticks every 500 ms,
// grants session timeouts from 1 s to 60 s, allows TTL nodes and looks for expired
// ones every second, and accepts any number of connections from one address.
// Everything else is ZooKeeper's default. WithConfig and WithJVMFlag override each
// of these settings.
//
// # Goroutines
//
//	(*process).run    one per running server; ends when the process has been
//	                  reaped, for which Stop, Kill and Terminate wait
//	os/exec's copier  one per running server with WithLog; joined by run
//
// A leak check while a shared server runs needs
// goleak.IgnoreAnyFunction(zkserver.Goroutine).
//
// # No server outlives its test
//
// Each server is the leader of a process group of its own. On Linux the kernel kills
// it when the program that started it ends in whatever way (see process_linux.go), so
// that only its folder in the temporary directory stays behind. On other systems, a
// program that is killed with SIGKILL also leaves the server behind.
package zkserver
