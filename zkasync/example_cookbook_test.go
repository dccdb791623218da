package zkasync_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// The functions that docs/cookbook.md shows, each with an example that runs it. A test keeps the two the same.

// cookbookServer starts a server inside the process.
func cookbookServer(opts ...zktest.Option) *zktest.Server {
	srv, err := zktest.New(opts...)
	if err != nil {
		panic(err)
	}
	return srv
}

// cookbookClient connects to a server as a service does.
func cookbookClient(ctx context.Context, srv *zktest.Server) *zkasync.Client {
	c, err := openClient(ctx, srv.Addr(), slog.New(slog.DiscardHandler), srv.Options()...)
	if err != nil {
		panic(err)
	}
	return c
}

func cookbookContext() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), demoPatience)
}

// openClient returns a client with a session, or an error if there is none within 30 seconds.
func openClient(ctx context.Context, servers string, logger *slog.Logger, more ...zkasync.Option) (*zkasync.Client, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second) // bounds the start, not the client's life
	defer cancel()
	return zkasync.Connect(ctx, servers, append([]zkasync.Option{
		zkasync.WithSessionTimeout(10 * time.Second),
		zkasync.WithRetry(zkasync.RetryPolicy{}), // repeats what is safe to repeat
		zkasync.WithRequestTimeout(30 * time.Second),
		zkasync.WithMaxReplySize(8 << 20),
		zkasync.WithLogger(logger),
	}, more...)...)
}

// joinService makes this process a member of a service, and returns when others can see it. Name is this process's own.
func joinService(ctx context.Context, c *zkasync.Client, service, name, address string) (*recipe.Node, error) {
	me := recipe.NewGroup(c, service).Join(name, []byte(address))
	if _, err := me.Ready().Get(ctx); err != nil {
		me.Close()
		return nil, err
	}
	return me, nil
}

// A service stays registered when its session expires.
func Example_cookbookRegister() {
	ctx, cancel := cookbookContext()
	defer cancel()
	srv := cookbookServer()
	defer srv.Close()
	c := cookbookClient(ctx, srv)
	defer c.Close()

	me, err := joinService(ctx, c, "/services/mail", "host1", "10.0.0.1:25")
	if err != nil {
		fmt.Println(err)
		return
	}
	before := c.Session().ID
	fmt.Println("expired:", srv.Expire(before))
	again, err := srv.WaitFor(ctx, func(q zktest.Request) bool {
		return q.Path == me.Path() && q.Op == zktest.OpCreate2 && q.Session != before && q.Err == nil
	})
	fmt.Println("registered again:", again.Session == c.Session().ID, err)
	_, err = me.Close().Get(ctx)
	fmt.Println("left:", err)
	// Output:
	// expired: <nil>
	// registered again: true <nil>
	// left: <nil>
}

// followPeers calls changed with name and address of all members of a service, now and after each change, until ctx ends.
func followPeers(ctx context.Context, c *zkasync.Client, service string, changed func(peers map[string]string)) error {
	for members, err := range recipe.NewGroup(c, service).Watch(ctx) {
		if err != nil {
			return err // the last pair
		}
		peers := make(map[string]string)
		for _, m := range members {
			peers[m.Name] = string(m.Data)
		}
		changed(peers)
	}
	return nil
}

// Peers come, change and go.
func Example_cookbookPeers() {
	ctx, cancel := cookbookContext()
	defer cancel()
	srv := cookbookServer()
	defer srv.Close()
	c, other := cookbookClient(ctx, srv), cookbookClient(ctx, srv)
	defer c.Close()
	told := make(chan map[string]string)
	until, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() {
		ended <- followPeers(until, c, "/services/mail", func(peers map[string]string) { told <- peers })
	}()

	fmt.Println(<-told)
	me, err := joinService(ctx, other, "/services/mail", "host1", "10.0.0.1:25")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(<-told)
	me.SetData([]byte("10.0.0.1:2525"))
	fmt.Println(<-told)
	_ = other.Close() // ends its session, and with it its znode
	fmt.Println(<-told)
	stop()
	fmt.Println(errors.Is(<-ended, context.Canceled))
	// Output:
	// map[]
	// map[host1:10.0.0.1:25]
	// map[host1:10.0.0.1:2525]
	// map[]
	// true
}

type limits struct {
	PerSecond int `json:"per_second"`
}

// followLimits calls apply with the limits at path, now and after each change, until ctx ends.
func followLimits(ctx context.Context, c *zkasync.Client, path string, apply func(*limits)) error {
	config := c.WatchData(ctx, path)
	defer config.Close()
	for now, err := range config.All(ctx) {
		next := new(limits)
		switch {
		case err != nil:
			return err
		case now.Err != nil:
			slog.Warn("limits may not be read, keeping the old ones", "error", now.Err)
		case !now.Exists:
			slog.Warn("there are no limits, keeping the old ones")
		default:
			if err := json.Unmarshal(now.Value.Data, next); err != nil {
				slog.Warn("limits make no sense, keeping the old ones", "error", err)
				continue
			}
			apply(next)
		}
	}
	return nil
}

// A configuration is replaced while the program runs.
func Example_cookbookReload() {
	ctx, cancel := cookbookContext()
	defer cancel()
	srv := cookbookServer()
	defer srv.Close()
	c := cookbookClient(ctx, srv)
	defer c.Close()
	_ = srv.Put("/limits", []byte(`{"per_second": 10}`))
	applied := make(chan int, 100)
	until, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() {
		ended <- followLimits(until, c, "/limits", func(l *limits) { applied <- l.PerSecond })
	}()

	fmt.Println(<-applied)
	_ = srv.Put("/limits", []byte(`{"per_second": 20}`))
	fmt.Println(<-applied)
	stop()
	fmt.Println(errors.Is(<-ended, context.Canceled))
	// Output:
	// 10
	// 20
	// true
}

// whileSessionLives runs work with a context that ends when ephemeral znodes of c may be gone.
func whileSessionLives(ctx context.Context, c *zkasync.Client, work func(context.Context) error) error {
	session, cancel := c.SessionContext(ctx)
	defer cancel()
	err := work(session)
	var end *zkasync.SessionEndError
	if errors.As(context.Cause(session), &end) {
		return fmt.Errorf("work was stopped: state %v", end.State)
	}
	return err
}

// Work that relies on an ephemeral znode stops with the session.
func Example_cookbookSession() {
	ctx, cancel := cookbookContext()
	defer cancel()
	srv := cookbookServer()
	defer srv.Close()
	c := cookbookClient(ctx, srv)
	defer c.Close()

	fmt.Println(whileSessionLives(ctx, c, func(context.Context) error { return nil }))
	fmt.Println(whileSessionLives(ctx, c, func(session context.Context) error {
		_ = srv.Expire(c.Session().ID)
		<-session.Done() // stands for work that checks its context
		return session.Err()
	}))
	// Output:
	// <nil>
	// work was stopped: state Lost
}

// openSecurely connects with TLS. Znodes that the client creates are for this user alone.
func openSecurely(ctx context.Context, servers string, tlsConfig *tls.Config, user, password string) (*zkasync.Client, error) {
	return zkasync.Connect(ctx, servers,
		zkasync.WithTLS(tlsConfig),
		zkasync.WithAuth("digest", []byte(user+":"+password)),
		zkasync.WithDefaultACL(zk.DigestACL(zk.PermAll, user, password)),
	)
}

// One user may not read what another has created.
func Example_cookbookSecurity() {
	ctx, cancel := cookbookContext()
	defer cancel()
	srv := cookbookServer(zktest.WithTLS(true)) // the client's certificate is in TLSConfig as well
	defer srv.Close()
	addr, err := srv.Listen("127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}

	ann, err := openSecurely(ctx, addr, srv.TLSConfig(), "ann", "secret")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ann.Close()
	bob, err := openSecurely(ctx, addr, srv.TLSConfig(), "bob", "guess")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer bob.Close()
	_, err = ann.Create(ctx, "/diary", nil).Get(ctx)
	fmt.Println(err)
	_, err = bob.Get(ctx, "/diary").Get(ctx)
	fmt.Println(errors.Is(err, zk.ErrNoAuth))
	// Output:
	// <nil>
	// true
}

// leadAs waits until this process leads, calls work, and waits for the next time when the lead is lost, until ctx ends or work fails.
func leadAs(ctx context.Context, c *zkasync.Client, path, name string, work func(*recipe.Held) error) error {
	election := recipe.NewElection(c, path)
	for {
		lead, err := election.Campaign(ctx, []byte(name)).Get(ctx) // others see the name as the leader's
		if err != nil {
			return err
		}
		err = work(lead)
		lead.Unlock()
		if err != nil && !errors.Is(err, recipe.ErrNotHeld) {
			return err
		}
	}
}

// record writes to ZooKeeper as the leader does. If somebody else leads by then, the error is recipe.ErrNotHeld and nothing was written.
func record(ctx context.Context, lead *recipe.Held, path string, data []byte) error {
	_, err := lead.Multi(ctx, zkasync.SetOp(path, data, zkasync.AnyVersion)).Get(ctx)
	return err
}

func Example_cookbookLead() {
	ctx, cancel := cookbookContext()
	defer cancel()
	srv := cookbookServer()
	defer srv.Close()
	_ = srv.Put("/last", nil)
	first, second := cookbookClient(ctx, srv), cookbookClient(ctx, srv)
	defer first.Close()
	defer second.Close()

	leads := make(chan *recipe.Held, 3)
	begin := func(c *zkasync.Client, name string) {
		_ = leadAs(ctx, c, "/leader", name, func(lead *recipe.Held) error {
			leads <- lead
			<-lead.Done() // work
			return nil
		})
	}
	go begin(first, "first")
	former := <-leads
	go begin(second, "second")
	fmt.Println(record(ctx, former, "/last", []byte("by the first")))

	_ = srv.Expire(first.Session().ID)
	<-leads
	err := record(ctx, former, "/last", []byte("too late"))
	data, _, _ := srv.Get("/last")
	fmt.Printf("%v %s\n", errors.Is(err, recipe.ErrNotHeld), data)
	// Output:
	// <nil>
	// true by the first
}
