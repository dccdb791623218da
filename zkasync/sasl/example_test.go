package sasl_test

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/sasl"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// The servers know the user by a password, and the client's znodes are for that user.
func ExampleDigestMD5() {
	srv, err := zktest.New(zktest.WithSASL(map[string]string{"bob": "builder"}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	ctx := context.Background()
	c, err := zkasync.Connect(ctx, srv.Addr(), append(srv.Options(), zkasync.WithSASL(sasl.DigestMD5("bob", "builder")))...)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	who, err := c.WhoAmI(ctx).Get(ctx)
	for _, id := range who {
		if id.Scheme == "sasl" {
			fmt.Println(id.ID, err)
		}
	}
	// Output: bob <nil>
}

// What the client does with a mechanism: it calls Start on each connection, then Next without a challenge, and then Next with each
// challenge of the server.
func ExampleDigest() {
	m := sasl.DigestMD5("bob", "builder")
	fmt.Println(m.Name(), m.Check(), m) // the password is not printed
	talk, err := m.Start(context.Background(), sasl.Server{Host: "zk1.example.com"})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, _, err := talk.Next(context.Background(), nil); err != nil { // the beginning; there is no challenge yet
		fmt.Println(err)
		return
	}
	answer, done, err := talk.Next(context.Background(), []byte(`realm="zk-sasl-md5",nonce="abc",qop="auth",charset=utf-8,algorithm=md5-sess`))
	fmt.Println(strings.HasPrefix(string(answer), `charset=utf-8,username="bob"`), done, err)

	fmt.Println(sasl.DigestMD5("", "builder").Check())
	// Output:
	// DIGEST-MD5 <nil> DIGEST-MD5 as "bob"
	// true false <nil>
	// user is empty
}

// rotated reads the password from a file for each connection, so it may change while the client runs.
type rotated struct{ user, file string }

func (r rotated) Name() string { return "DIGEST-MD5" }

func (r rotated) Start(ctx context.Context, server sasl.Server) (sasl.Conversation, error) {
	password, err := os.ReadFile(r.file)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", sasl.ErrUnavailable, err) // try again
	}
	return sasl.DigestMD5(r.user, strings.TrimSpace(string(password))).Start(ctx, server)
}

// A mechanism of one's own.
func ExampleMechanism() {
	_, err := zkasync.New("zk1,zk2,zk3", zkasync.WithSASL(rotated{"bob", "/run/secrets/zookeeper"}))
	fmt.Println(err)
	// Output: <nil>
}
