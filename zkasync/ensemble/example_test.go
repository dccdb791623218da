package ensemble_test

import (
	"fmt"

	"github.com/zkasync/zkasync-go/zkasync/ensemble"
)

// What a configuration tells, from a file or from the client.
func ExampleParse() {
	config, err := ensemble.Parse(`
server.1=zk1.example.org:2888:3888:participant;0.0.0.0:2181
server.2=zk2.example.org:2888:3888:participant;0.0.0.0:2181
server.3=zk3.example.org:2888:3888:observer;0.0.0.0:2181
version=100000003`)
	if err != nil {
		fmt.Println(err)
		return
	}
	addrs, complete := config.ClientAddrs()
	fmt.Println(addrs, complete)
	addrs, complete = config.SecureClientAddrs() // before 3.10 there are none
	fmt.Println(addrs, complete)
	third, known := config.Server(3)
	fmt.Println(third.Role, known, config.Participants())
	// Output:
	// [zk1.example.org:2181 zk2.example.org:2181 zk3.example.org:2181] true
	// [] false
	// observer true 2
}

// One server, as a reconfiguration takes it.
func ExampleParseServer() {
	s, err := ensemble.ParseServer("server.4=10.0.0.4:2888:3888;2181;2281")
	fmt.Println(s, err)
	fmt.Println(s.ClientAddr(), s.SecureClientAddr())

	_, err = ensemble.ParseServer("server.5=10.0.0.5:2888")
	fmt.Println(err)
	// Output:
	// server.4=10.0.0.4:2888:3888:participant;0.0.0.0:2181;0.0.0.0:2281 <nil>
	// 10.0.0.4:2181 10.0.0.4:2281
	// ensemble: server "server.5=10.0.0.5:2888": address "10.0.0.5:2888": want HOST:PORT:PORT, with :participant or :observer if need be
}
