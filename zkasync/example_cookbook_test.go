package zkasync_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// The programs of docs/cookbook.md, which shows their functions as they stand here, each with an example that runs it.

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

// keepRegistered keeps an ephemeral znode with data at path, in whichever session c has, until ctx ends.
func keepRegistered(ctx context.Context, c *zkasync.Client, path string, data []byte) error {
	changes := c.States(ctx) // before the first look at the state, so that no change is missed
	var owner int64          // the session that has our znode
	for {
		if c.Connected() && c.Session().ID != owner {
			made, err := c.Create(ctx, path, data,
				zkasync.Ephemeral(), zkasync.Protected(), zkasync.MakeParents()).Get(ctx)
			switch {
			case err == nil:
				owner = made.Stat.EphemeralOwner
			case errors.Is(err, zkasync.ErrConnectionLoss), errors.Is(err, zkasync.ErrSessionExpired):
				// The state changes, and then it is tried again.
			default:
				return err
			}
		}
		if _, open := <-changes; !open {
			return ctx.Err() // nil if the client was closed
		}
	}
}

// A service stays registered when its session expires.
func Example_cookbookRegister() {
	ctx, cancel := cookbookContext()
	defer cancel()
	srv := cookbookServer()
	defer srv.Close()
	c := cookbookClient(ctx, srv)
	defer c.Close()
	registered := func(before int64) int64 { // waits for a registration in another session, and returns which
		q, err := srv.WaitFor(ctx, func(q zktest.Request) bool {
			return strings.HasSuffix(q.Path, "-host1") && q.Session != before && q.Err == nil
		})
		if err != nil {
			fmt.Println(err)
		}
		return q.Session
	}
	ended := make(chan error, 1)
	until, stop := context.WithCancel(ctx)
	go func() { ended <- keepRegistered(until, c, "/services/mail/host1", []byte("10.0.0.1:25")) }()

	first := registered(0)
	fmt.Println("expire:", srv.Expire(first))
	second := registered(first)
	children, err := c.Children(ctx, "/services/mail").Get(ctx)
	fmt.Println("registered again:", second == c.Session().ID, len(children.Names), err)
	stop()
	fmt.Println(<-ended)
	// Output:
	// expire: <nil>
	// registered again: true 1 <nil>
	// context canceled
}

// followPeers calls changed with the data of all znodes below path, now and whenever one comes or goes, until ctx ends.
func followPeers(ctx context.Context, c *zkasync.Client, path string, changed func(peers []string)) error {
	members := c.WatchChildren(ctx, path)
	defer members.Close()
	for now := range members.All() {
		if now.Err != nil {
			continue // may not be read; the client asks again by itself
		}
		reads := make([]*future.Future[zkasync.Node], len(now.Value.Names))
		for i, name := range now.Value.Names {
			reads[i] = c.Get(ctx, path+"/"+name) // all at once, not one after the other
		}
		results, err := future.Settle(reads...).Get(ctx)
		if err != nil {
			return err
		}
		var peers []string
		for _, r := range results {
			switch {
			case r.Err == nil:
				peers = append(peers, string(r.Value.Data))
			case !errors.Is(r.Err, zk.ErrNoNode): // gone since; the next list says so
				return r.Err
			}
		}
		changed(peers)
	}
	return members.Err()
}

// Peers come and go.
func Example_cookbookPeers() {
	ctx, cancel := cookbookContext()
	defer cancel()
	srv := cookbookServer()
	defer srv.Close()
	watcher := cookbookClient(ctx, srv)
	defer watcher.Close()
	lists := make(chan []string, 100)
	until, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		ended <- followPeers(until, watcher, "/services/mail", func(peers []string) { lists <- peers })
	}()
	await := func(n int) {
		for peers := range lists {
			if len(peers) == n {
				slices.Sort(peers)
				fmt.Println(peers)
				return
			}
		}
	}

	await(0)
	one, two := cookbookClient(ctx, srv), cookbookClient(ctx, srv)
	defer two.Close()
	registrations := make(chan error, 2)
	go func() { registrations <- keepRegistered(until, one, "/services/mail/host1", []byte("10.0.0.1:25")) }()
	go func() { registrations <- keepRegistered(until, two, "/services/mail/host2", []byte("10.0.0.2:25")) }()
	await(2)
	_ = one.Close() // ends its session, and with it its znode
	await(1)
	stop()
	fmt.Println(<-ended)
	<-registrations
	<-registrations
	// Output:
	// []
	// [10.0.0.1:25 10.0.0.2:25]
	// [10.0.0.2:25]
	// zkasync: watch children /services/mail: context canceled
}

type limits struct {
	PerSecond int `json:"per_second"`
}

// followLimits calls apply with the limits at path, now and after each change, until ctx ends.
func followLimits(ctx context.Context, c *zkasync.Client, path string, apply func(*limits)) error {
	config := c.WatchData(ctx, path)
	defer config.Close()
	for now := range config.All() {
		next := new(limits)
		switch {
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
	return config.Err()
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
	ended := make(chan error, 1)
	go func() {
		ended <- followLimits(until, c, "/limits", func(l *limits) { applied <- l.PerSecond })
	}()

	fmt.Println(<-applied)
	_ = srv.Put("/limits", []byte(`{"per_second": 20}`))
	fmt.Println(<-applied)
	stop()
	fmt.Println(<-ended)
	// Output:
	// 10
	// 20
	// zkasync: watch data /limits: context canceled
}

// publish stores a release, whose name nobody else uses, and makes it the current one: both, or neither if somebody
// else has published meanwhile.
func publish(ctx context.Context, c *zkasync.Client, release string, data []byte) error {
	current, err := c.Get(ctx, "/releases/current").Get(ctx)
	if err != nil {
		return err
	}
	_, err = c.Multi(ctx,
		zkasync.CreateOp("/releases/"+release, data),
		zkasync.SetOp("/releases/current", []byte(release), current.Stat.Version),
	).Get(ctx)
	var failed *zkasync.MultiError
	switch {
	case errors.As(err, &failed): // nothing was applied
		return fmt.Errorf("operation %d, %s %s: %w", failed.Index, failed.Op, failed.Path, failed.Err)
	case errors.Is(err, zkasync.ErrOutcomeUnknown): // both or neither: look which
		if _, e := c.Sync(ctx, "/releases").Get(ctx); e != nil { // has this server catch up with the others
			return err
		}
		if st, e := c.Exists(ctx, "/releases/"+release).Get(ctx); e == nil && st != nil {
			return nil
		}
	}
	return err
}

// A transaction is applied as a whole or not at all.
func Example_cookbookTransaction() {
	ctx, cancel := cookbookContext()
	defer cancel()
	srv := cookbookServer()
	defer srv.Close()
	c := cookbookClient(ctx, srv)
	defer c.Close()
	_ = srv.Load(map[string]string{"/releases/current": "none"})

	fmt.Println(publish(ctx, c, "v1", []byte("...")))
	fmt.Println(publish(ctx, c, "v1", []byte("...")))
	srv.Fault(zktest.Fault{Op: zktest.OpMulti, Count: 1, When: zktest.After, Do: zktest.Drop()}) // applied, its answer lost
	fmt.Println(publish(ctx, c, "v2", []byte("...")))
	// Output:
	// <nil>
	// operation 0, create /releases/v1: node already exists
	// <nil>
}

// followTree calls read at first and when events may have been missed, and changed for each change at path or below.
func followTree(ctx context.Context, c *zkasync.Client, path string, read func(), changed func(zk.Event)) error {
	sub, err := c.AddWatch(ctx, path, zkasync.PersistentRecursive).Get(ctx)
	if err != nil {
		return err
	}
	defer sub.Close()
	read() // after the watch is set, so that nothing falls in between
	for event := range sub.All(ctx) {
		if event.Type == zkasync.EventResync {
			read()
			continue
		}
		changed(event)
	}
	return errors.Join(ctx.Err(), sub.Err())
}

// A subscription tells of each change in a tree, and when some may have been missed.
func Example_cookbookTree() {
	ctx, cancel := cookbookContext()
	defer cancel()
	srv := cookbookServer()
	defer srv.Close()
	c := cookbookClient(ctx, srv)
	defer c.Close()
	_ = srv.Put("/jobs", nil)
	told := make(chan string, 100)
	until, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		ended <- followTree(until, c, "/jobs",
			func() { told <- "read all" },
			func(e zk.Event) { told <- fmt.Sprint(e.Type, " ", e.Path) })
	}()

	fmt.Println(<-told)
	_ = srv.Put("/jobs/one", nil)
	fmt.Println(<-told)
	srv.Drop() // all connections
	fmt.Println(<-told)
	stop()
	fmt.Println(<-ended)
	// Output:
	// read all
	// EventNodeCreated /jobs/one
	// read all
	// context canceled
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
		<-session.Done() // in truth, work that looks at its context
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

// What one user has made another may not read.
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
