package tour

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
)

func (g *guide) failures() error {
	g.section("What a failure says", "except (ConnectionLossException, NoAuthException): sys.exit(1)")
	g.say("What to do after a failure depends on what is known about the request. Each failure is one of three kinds. " +
		"First: rejected. The server has looked at the request, refused it and changed nothing.")
	if err := g.rejected(); err != nil {
		return err
	}
	return g.withBadNetwork(func(c *zkasync.Client, network *gate) error {
		if err := g.unknown(c, network); err != nil {
			return err
		}
		return g.notSent(c, network)
	})
}

func (g *guide) rejected() error {
	g.code(`c.Get(ctx, "/no/such/znode")`)
	begun := time.Now()
	_, err := ask(g, g.c.Get(g.ctx, g.root+"/no/such/znode"))
	if !errors.Is(err, zk.ErrNoNode) {
		return unexpected("that there is no such znode", orNone(err))
	}
	g.failure(begun, errors.New(g.short(err)))
	g.got("errors.Is(err, zk.ErrNoNode) is true")
	g.code(`c.Set(ctx, "/fruit/pear", data, 7)               // only if it has version 7`)
	begun = time.Now()
	_, err = ask(g, g.c.Set(g.ctx, g.root+"/fruit/pear", nil, 7))
	if !errors.Is(err, zk.ErrBadVersion) {
		return unexpected("another version", orNone(err))
	}
	g.failure(begun, errors.New(g.short(err)))
	g.got("errors.Is(err, zk.ErrBadVersion) is true: somebody else has written it, so read it again first")
	return nil
}

// withBadNetwork calls fn with a second client, whose connection can be cut.
func (g *guide) withBadNetwork(fn func(c *zkasync.Client, network *gate) error) (err error) {
	network := newGate()
	connecting, stop := g.patient()
	c, err := zkasync.Connect(connecting, g.Servers, append(slices.Clip(g.Options.Client), zkasync.WithDialer(network.dial))...)
	stop()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	defer func() { // so that Close reaches the server, wherever fn has ended
		network.cut()
		network.mend()
	}()
	return fn(c, network)
}

// unknown cuts the connection after the server has answered and before the client has read the answer.
func (g *guide) unknown(c *zkasync.Client, network *gate) error {
	g.say("Second: outcome unknown. The request was sent, and the connection was lost before the answer came. The client " +
		"cannot tell whether it was applied. A second client of the tour has a cable that can be cut at the wrong moment:")
	g.code(`c.Create(ctx, "/order", []byte("one pizza"))     // and the cable is cut before the answer is read`)
	path := g.root + "/order"
	answered := network.hold()
	begun := time.Now()
	created := c.Create(g.ctx, path, []byte("one pizza"))
	if err := g.wait(answered); err != nil {
		return err
	}
	network.cut()
	_, err := ask(g, created)
	if !errors.Is(err, zkasync.ErrOutcomeUnknown) || !errors.Is(err, zkasync.ErrConnectionLoss) {
		return unexpected("an unknown outcome", orNone(err))
	}
	g.failure(begun, errors.New(g.short(err)))
	g.got("errors.Is(err, zkasync.ErrOutcomeUnknown) is true: look before you repeat it")
	begun = time.Now()
	stat, err := ask(g, g.c.Exists(g.ctx, path))
	if err != nil {
		return err
	}
	g.after(begun, "the tour's first client looks: is /order there? %s", there(stat))
	return nil
}

// notSent lets a request's context end while there is no connection to send it on.
func (g *guide) notSent(c *zkasync.Client, network *gate) error {
	g.say("Third: not sent. The request has never left this process, so it is safe to repeat it. The cable is still cut, and " +
		"a request that is made now waits for the connection, but only until its context ends:")
	g.code(
		"ctx, stop := context.WithTimeout(ctx, "+goDuration(deadline)+")",
		`c.Set(ctx, "/order", []byte("two pizzas"), zkasync.AnyVersion)`,
	)
	brief, stop := context.WithTimeout(g.ctx, deadline)
	defer stop()
	begun := time.Now()
	_, err := ask(g, c.Set(brief, g.root+"/order", []byte("two pizzas"), zkasync.AnyVersion))
	if !errors.Is(err, zkasync.ErrNotSent) {
		return unexpected("a request that is not sent", orNone(err))
	}
	g.failure(begun, errors.New(g.short(err)))
	g.got("errors.Is(err, zkasync.ErrNotSent) is true, the state is %v", c.State())
	g.say("Another request, with more patience; meanwhile somebody plugs the cable in:")
	g.code(`c.Set(ctx, "/order", []byte("two pizzas"), zkasync.AnyVersion)`)
	session := c.Session().ID
	begun = time.Now()
	waiting := c.Set(g.ctx, g.root+"/order", []byte("two pizzas"), zkasync.AnyVersion)
	network.mend()
	stat, err := ask(g, waiting)
	if err != nil {
		return err
	}
	g.after(begun, "sent after the reconnect: version %d; the state is %v, %s", stat.Version, c.State(), sameSession(session, c.Session().ID))
	return nil
}

func sameSession(before, now int64) string {
	if before == now {
		return "the session is the same"
	}
	return fmt.Sprintf("the session is a new one, %#x", now)
}
