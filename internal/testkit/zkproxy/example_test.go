package zkproxy_test

import (
	"fmt"
	"io"
	"net"

	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
)

// A server says hello, and the proxy lets half of it pass.
func ExampleProxy_CutAfter() {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	proxy, err := zkproxy.Start(server.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer proxy.Close()

	cut := proxy.CutAfter(zkproxy.ToClient, 0, 4+2) // the length and two bytes of it
	client, err := net.Dial("tcp", proxy.Addr())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	conn, err := server.Accept()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	conn.Write([]byte("\x00\x00\x00\x05hello"))

	got, err := io.ReadAll(client)
	<-cut
	fmt.Printf("%q %v\n", got, err)
	// Output: "\x00\x00\x00\x05he" <nil>
}
