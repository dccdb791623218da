package krb5_test

import (
	"context"
	"fmt"
	"time"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/krb5"
)

// A service that authenticates by its keytab. Realms and KDCs come from /etc/krb5.conf, and the servers' principals are
// zookeeper/zk1.example.com and zookeeper/zk2.example.com.
func ExampleFromKeytab() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	m, err := krb5.FromKeytab("worker/host1.example.com@EXAMPLE.COM", "/etc/worker.keytab")
	if err != nil {
		fmt.Println("kerberos:", err)
		return
	}
	c, err := zkasync.Connect(ctx, "zk1.example.com,zk2.example.com", zkasync.WithSASL(m))
	if err != nil {
		fmt.Println("connect:", err)
		return
	}
	defer c.Close()
	who, err := c.WhoAmI(ctx).Get(ctx)
	fmt.Println(who, err) // among them the identity sasl:worker/host1.example.com@EXAMPLE.COM
}
