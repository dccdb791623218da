package zkasync

import (
	"context"
	"errors"
	"sync"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
)

// Reading is a value of a [Live].
type Reading[T any] struct {
	Value  T
	Exists bool // false: there is no znode, and Value is zero
	// Err is why the server did not return the value, such as zk.ErrNoAuth; Value is then zero.
	Err error
}

// Live is a value that is kept current: a znode's data or its list of children, see [Client.WatchData] and
// [Client.WatchChildren]. It follows changes, deletion and creation across reconnects and sessions. It is safe for
// concurrent use and uses no goroutine.
//
// It delivers the current value first and then later ones: a slow reader skips values but always gets the newest, and no
// value comes after a newer one, unless the servers themselves were set back, for example to a backup. Values can be
// read from the channel of C or with range over All, which share one channel and so serve one reader; with callbacks;
// and without waiting by Latest. Callbacks and Latest take nothing from the channel.
//
// A throttled read (code -127) is repeated after a pause, by the policy of [WithRetry] or the default one, without
// limit; meanwhile nothing is delivered. For a value larger than [WithMaxReplySize] allows, a [Reading] is delivered
// whose Err is a [*ReplySizeError], and the znode stays watched. Any other rejection is delivered as a Reading with Err;
// the read is then repeated after pauses that grow from a second to half a minute, since no server reports changed
// permissions, as well as when the znode changes, after each reconnect, and on Refresh.
//
// Servers with ZOOKEEPER-4799 (3.8.4, 3.9.2 and later; CVE-2024-23944) do not report changes made while the client has
// no permission to read. If permission is revoked, the znode changes, and permission is granted again without a read in
// between, the old value stays until the next readable change, a reconnect, or Refresh: call Refresh after permissions
// have changed.
//
// It relies on a persistent watch, which is removed from the server when the last Live or subscription of its path ends,
// together with watches of libraries on Conn() for that path. On servers before 3.6, which have none, it uses one-shot
// watches: these stay at the server until they fire, and a change that the client may not be told about uses them up.
type Live[T any] struct {
	c       *Client
	path    string
	kind    *liveKind[T]
	ctx     context.Context // of reads; ended by finish
	cancel  context.CancelFunc
	stopCtx func() bool
	ch      chan Reading[T] // room for one, filled by show only; closed by finish
	done    chan struct{}   // closed by finish

	mu      sync.Mutex
	turn    uint64                // of the read or watch that counts; what belongs to an earlier one is ignored
	watch   liveWatch             // the persistent watch that reports its changes
	reading bool                  // a read is in progress
	again   bool                  // something has changed since it was sent
	event   *future.Future[Event] // of the one-shot watch that is waited for, or nil
	refused bool                  // the server did not return the current value
	latest  Reading[T]            // the newest
	known   bool                  // there is a latest
	version int64                 // zxid of the newest value that existed
	calls   []*liveCall[T]        // callbacks
	pauses  int                   // for throttled requests in a row
	denials int                   // refusals in a row
	suspect suspicion             // of the reads
	err     error                 // why it has ended
}

// liveKind holds what differs between kinds of Live.
type liveKind[T any] struct {
	op      string
	read    *readKind[T]          // with a one-shot watch where the servers know no others
	changes map[zk.EventType]bool // events of the persistent watch that change the value
	version func(T) int64         // zxid of the change that produced the value
	same    func(a, b T) bool     // of equal versions; nil: they are
}

var (
	liveData = &liveKind[Node]{op: "watch data", read: getKind,
		changes: map[zk.EventType]bool{zk.EventNodeCreated: true, zk.EventNodeDeleted: true, zk.EventNodeDataChanged: true},
		version: func(n Node) int64 { return n.Stat.Mzxid }}
	liveChildren = &liveKind[Children]{op: "watch children", read: childrenKind,
		changes: map[zk.EventType]bool{zk.EventNodeCreated: true, zk.EventNodeDeleted: true, zk.EventNodeChildrenChanged: true},
		version: func(ch Children) int64 { return ch.Stat.Pzxid }}
)

// WatchData keeps a znode's data current (kazoo: DataWatch). The znode need not exist. It ends when ctx is done, on
// Close, or with the client; Err then says why. Of the stat, only the fields that change together with the data are kept
// current.
func (c *Client) WatchData(ctx context.Context, path string) *Live[Node] {
	return newLive(c, ctx, liveData, path)
}

// WatchChildren keeps the list of a znode's children current (kazoo: ChildrenWatch). The znode need not exist. It ends when
// ctx is done, on Close, or with the client; Err then says why.
func (c *Client) WatchChildren(ctx context.Context, path string) *Live[Children] {
	return newLive(c, ctx, liveChildren, path)
}

func newLive[T any](c *Client, ctx context.Context, kind *liveKind[T], path string) *Live[T] {
	ctx = orBackground(ctx)
	l := &Live[T]{c: c, path: path, kind: kind, ch: make(chan Reading[T], 1), done: make(chan struct{})}
	l.ctx, l.cancel = context.WithCancel(ctx)
	l.mu.Lock() // once it is in the set, others may end it, which takes stopCtx
	c.lives.add(l)
	c.workers.Enter()
	l.stopCtx = context.AfterFunc(ctx, func() {
		defer c.workers.Leave()
		l.quit(ctx.Err())
	})
	l.mu.Unlock()
	if err := checkPath(path); err != nil {
		l.end(err)
		return l
	}
	l.read(false)
	return l
}

// retry repeats a refused read on a new connection. With a persistent watch that has happened already.
func (l *Live[T]) retry() {
	l.mu.Lock()
	refused := l.refused && l.watch.old
	l.mu.Unlock()
	if refused {
		l.read(false)
	}
}

// nextTurn starts a step, which makes those in progress void.
func (l *Live[T]) nextTurn() (turn uint64, ok bool) {
	l.mu.Lock()
	if l.err != nil {
		l.mu.Unlock()
		return 0, false
	}
	l.turn++
	l.reading, l.again = true, false
	turn, event := l.turn, l.event
	l.event = nil
	l.mu.Unlock()
	l.giveUp(event)
	return turn, true
}

func (l *Live[T]) giveUp(event *future.Future[Event]) {
	if event != nil {
		l.c.watches.GiveUp(event)
	}
}

// isTurn reports whether a step still counts.
func (l *Live[T]) isTurn(turn uint64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err == nil && l.turn == turn
}

// read asks for the value. confirmed says that a Sync preceded it.
func (l *Live[T]) read(confirmed bool) {
	turn, ok := l.nextTurn()
	if !ok {
		return
	}
	if !l.subscribe() {
		askWatch(l.c, l.ctx, nil, nil, l.kind.read, l.path).OnDone(func(w Watched[T], err error) {
			l.answeredOnce(turn, confirmed, w, err)
		})
		return
	}
	ask(&l.c.view, l.ctx, nil, l.kind.read, l.path).OnDone(func(v T, err error) {
		l.answered(turn, confirmed, v, err)
	})
}

// answered handles the result of a read made under a persistent watch.
func (l *Live[T]) answered(turn uint64, confirmed bool, v T, err error) {
	switch {
	case !l.isTurn(turn):
		return
	case err == nil && !confirmed && l.isOlder(v):
		l.confirm()
		return
	case isThrottled(err), endsSession(err):
		l.backOff(turn)
		return
	case err == nil:
		l.show(turn, Reading[T]{Value: v, Exists: true})
	case isNoNode(err):
		l.show(turn, Reading[T]{})
	case isReplySize(err):
		l.show(turn, Reading[T]{Err: err})
	case l.fatal(err):
		return
	default:
		l.show(turn, Reading[T]{Err: err})
		l.askLater(turn)
	}
	l.mu.Lock()
	again := l.again && l.turn == turn
	l.reading = l.reading && l.turn != turn
	l.mu.Unlock()
	if again {
		l.read(false)
	}
}

// answeredOnce is answered for a read that set a one-shot watch.
func (l *Live[T]) answeredOnce(turn uint64, confirmed bool, w Watched[T], err error) {
	switch {
	case !l.isTurn(turn):
		l.giveUp(w.Event)
	case err == nil && !confirmed && l.isOlder(w.Value):
		l.giveUp(w.Event)
		l.confirm()
	case err == nil:
		l.show(turn, Reading[T]{Value: w.Value, Exists: true})
		l.await(turn, w.Event)
	case isNoNode(err):
		l.awaitChange(turn, false)
	case isThrottled(err), endsSession(err):
		l.backOff(turn)
	case isReplySize(err):
		l.show(turn, Reading[T]{Err: err})
		w := newEventWatch(&l.c.view, nil, l.path, l.kind.read.on)
		l.c.watches.Unread(&w.OneShot)
		l.await(turn, w.promise.Future())
	case l.fatal(err):
	default:
		l.show(turn, Reading[T]{Err: err})
		l.askLater(turn)
		l.awaitChange(turn, true)
	}
}

func (l *Live[T]) isOlder(v T) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.kind.version(v) < l.version
}

// confirm reads again after a Sync. Within a session, a client never goes back in time; a value that is older even so
// comes from servers that were set back, and is the truth if their leader says the same.
func (l *Live[T]) confirm() {
	if l.Err() != nil {
		return
	}
	ask(&l.c.view, l.ctx, nil, syncKind, l.path)
	l.read(true)
}

// fatal handles errors that are no answer. What failed with the connection is asked again on the next one.
func (l *Live[T]) fatal(err error) bool {
	l.mu.Lock()
	end := l.suspect.lostWith(err)
	l.mu.Unlock()
	switch {
	case end != nil:
		l.end(end.Err)
	case isGivenUp(err): // by WithRetry
		l.end(errors.Unwrap(err))
	case errors.Is(err, ErrConnectionLoss), errors.Is(err, ErrSessionExpired):
		l.read(false)
	case errors.Is(err, ErrNotSent), errors.Is(err, ErrClosed), errors.Is(err, ErrAuthFailed):
		var op *OpError
		if errors.As(err, &op) {
			err = op.Err
		}
		l.end(err)
	default:
		return false
	}
	return true
}

// endsSession reports whether a server has said that the session is over. The end itself comes with that of the connection;
// until then every request would get the same answer.
func endsSession(err error) bool {
	var s ServerError
	return errors.As(err, &s) && errors.Is(s, ErrSessionExpired)
}

// backOff reads again after a pause, as a throttling server wants: it has executed nothing.
func (l *Live[T]) backOff(turn uint64) {
	l.mu.Lock()
	l.pauses++
	attempts := l.pauses
	l.mu.Unlock()
	l.c.pauses.add(l.ctx, l.c.cfg.retry.throttlePause(l.c.cfg.draw, attempts), func(why error) {
		if why == nil && l.isTurn(turn) {
			l.read(false)
		}
	})
}

// awaitChange watches a znode that does not exist, or whose value the server refused to return: watching its existence
// takes no permission.
func (l *Live[T]) awaitChange(turn uint64, refused bool) {
	if !l.isTurn(turn) {
		return
	}
	askWatch(l.c, l.ctx, nil, nil, existsKind, l.path).OnDone(func(w Watched[*zk.Stat], err error) {
		switch {
		case !l.isTurn(turn):
			l.giveUp(w.Event)
		case err == nil && w.Value == nil:
			l.show(turn, Reading[T]{})
			l.await(turn, w.Event)
		case err == nil && refused:
			l.await(turn, w.Event)
		case err == nil:
			l.giveUp(w.Event)
			l.read(false) // created meanwhile
		case isThrottled(err), endsSession(err):
			l.backOff(turn)
		case l.fatal(err), refused: // the refusal has been delivered
		default:
			l.show(turn, Reading[T]{Err: err})
		}
	})
}

// await continues when the event arrives.
func (l *Live[T]) await(turn uint64, event *future.Future[Event]) {
	l.mu.Lock()
	counts := l.err == nil && l.turn == turn
	if counts {
		l.event = event
	}
	l.mu.Unlock()
	if !counts {
		l.giveUp(event)
		return
	}
	event.OnDone(func(_ Event, err error) {
		switch {
		case !l.isTurn(turn):
		case err == nil, errors.Is(err, ErrWatchRemoved):
			l.read(false)
		default:
			l.fatal(err)
		}
	})
}

// end ends l because of the client.
func (l *Live[T]) end(err error) { l.finish(err, false) }

// quit ends l because its user wants it to.
func (l *Live[T]) quit(err error) { l.finish(err, true) }

func (l *Live[T]) finish(err error, silent bool) {
	l.mu.Lock()
	if l.err != nil {
		l.mu.Unlock()
		return
	}
	l.err = &OpError{Op: l.kind.op, Path: l.path, Err: err}
	event, sub := l.event, l.watch.sub
	l.event, l.watch.sub = nil, nil
	if silent {
		l.calls = nil
	}
	close(l.done)
	close(l.ch)
	stopped := l.stopCtx()
	l.mu.Unlock()
	if stopped {
		l.c.workers.Leave()
	}
	l.cancel()
	l.giveUp(event)
	if sub != nil {
		sub.Close() // so that the server removes its watch
	}
	l.c.lives.remove(l)
}
