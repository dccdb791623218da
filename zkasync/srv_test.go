package zkasync_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/zkasync"
)

// records is a name service that knows the SRV records of one service.
type records struct {
	mu    sync.Mutex
	all   []*net.SRV
	err   error
	after time.Duration
	asked []string
}

func (r *records) set(all []*net.SRV, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all, r.err = all, err
}

func (r *records) lookup(ctx context.Context, service, proto, name string) (string, []*net.SRV, error) {
	r.mu.Lock()
	all, err, after := r.all, r.err, r.after
	r.asked = append(r.asked, strings.Join([]string{service, proto, name}, "|"))
	r.mu.Unlock()
	select {
	case <-time.After(after):
		return name, all, err
	case <-ctx.Done():
		return "", nil, ctx.Err()
	}
}

const service = "_zookeeper._tcp.example.org"

// The records have names and ports; the names are looked up, and each of their addresses is a server.
func TestSRV_RecordsHaveTheServers(t *testing.T) {
	t.Parallel()
	for _, servers := range []string{service, "dns-srv://" + service, "dns-srv://" + service + "/app", "10.0.0.9:2181," + service} {
		inBubbleNamed(t, servers, func(t *testing.T) {
			f := newFleet(t)
			f.server("10.0.0.2:2182", zkpeer.Healthy)
			f.name("zk1.example.org", named{addrs: []string{"10.0.0.1"}})
			f.name("zk2.example.org", named{addrs: []string{"10.0.0.1", "10.0.0.2"}})
			r := &records{all: []*net.SRV{{Target: "zk1.example.org.", Port: 2181}, {Target: "zk2.example.org.", Port: 2182}}}
			c := f.client(servers, zkasync.WithSRVResolver(r.lookup), zkasync.WithConnectTimeout(time.Second))
			started(t, c)
			if server := c.Conn().Server(); server != "10.0.0.2:2182" {
				t.Errorf("on %s", server)
			}
			if want := []string{"||" + service}; !slices.Equal(r.asked, want) {
				t.Errorf("asked %q, want %q", r.asked, want)
			}
		})
	}
}

// A server of a lower priority number is tried first, each time; of one priority all are.
func TestSRV_PrioritiesAreObeyedAndWeightsAreKept(t *testing.T) {
	for _, shuffle := range []bool{true, false} {
		inBubbleNamed(t, map[bool]string{true: "shuffled", false: "by weight"}[shuffle], func(t *testing.T) {
			f, k := newFleet(t), new(configured)
			for _, addr := range []string{"10.0.0.1:1", "10.0.0.2:2", "10.0.0.3:3"} {
				f.server(addr, k.serves)
			}
			r := &records{all: []*net.SRV{
				{Target: "10.0.0.3", Port: 3, Priority: 20},
				{Target: "10.0.0.1", Port: 1, Priority: 10, Weight: 1},
				{Target: "10.0.0.2", Port: 2, Priority: 10, Weight: 9},
			}}
			c := f.client(service, zkasync.WithSRVResolver(r.lookup), zkasync.WithShuffle(shuffle))
			started(t, c)
			first := map[bool]string{true: "10.0.0.1:1", false: "10.0.0.2:2"}[shuffle] // as the resolver has it, or by weight
			if server := c.Conn().Server(); server != first {
				t.Errorf("on %s at first, want %s", server, first)
			}
			for range 10 {
				before, changes := c.Conn().Server(), c.States(t.Context())
				time.Sleep(2 * time.Second)
				k.cut()
				nextState(t, changes, zkasync.StateConnected)
				if server := c.Conn().Server(); server == before || server == "10.0.0.3:3" {
					t.Errorf("from %s to %s", before, server)
				}
			}
			f.gone("10.0.0.1:1")
			f.gone("10.0.0.2:2")
			changes := c.States(t.Context())
			k.cut()
			nextState(t, changes, zkasync.StateConnected)
			if server := c.Conn().Server(); server != "10.0.0.3:3" {
				t.Errorf("on %s, the only one left is 10.0.0.3:3", server)
			}
		})
	}
}

// Records are looked up anew for each pass; when that fails, or finds nothing, those of before serve.
func TestSRV_AreLookedUpAnew(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		all  []*net.SRV
		err  error
		want string
	}{
		"another":        {[]*net.SRV{{Target: "10.0.0.2", Port: 1}}, nil, "10.0.0.2:1"},
		"partly":         {[]*net.SRV{{Target: "10.0.0.2", Port: 1}}, errors.New("some are malformed"), "10.0.0.2:1"},
		"none":           {nil, nil, "10.0.0.1:1"},
		"fails":          {nil, errors.New("server misbehaving"), "10.0.0.1:1"},
		"not offered":    {[]*net.SRV{{Target: ".", Port: 1}}, nil, "10.0.0.1:1"},
		"without a port": {[]*net.SRV{{Target: "10.0.0.2"}, nil}, nil, "10.0.0.1:1"},
	} {
		inBubbleNamed(t, name, func(t *testing.T) {
			f, k := newFleet(t), new(configured)
			f.server("10.0.0.1:1", k.serves)
			f.server("10.0.0.2:1", k.serves)
			r := &records{all: []*net.SRV{{Target: "10.0.0.1", Port: 1}}}
			c := f.client(service, zkasync.WithSRVResolver(r.lookup))
			started(t, c)
			time.Sleep(2 * time.Second)
			r.set(test.all, test.err)
			changes := c.States(t.Context())
			k.cut()
			nextState(t, changes, zkasync.StateConnected)
			if server := c.Conn().Server(); server != test.want {
				t.Errorf("on %s, want %s", server, test.want)
			}
		})
	}
}

// A name in the records that is not answered, or not known, holds up nobody.
func TestSRV_NamesTakeTheirTime(t *testing.T) {
	t.Parallel()
	for name, slow := range map[string]named{
		"never answered": {after: time.Hour}, "unknown": {err: errors.New("no such host")}, "no address": {},
	} {
		inBubbleNamed(t, name, func(t *testing.T) {
			f := newFleet(t)
			f.server("10.0.0.2:1", zkpeer.Healthy)
			f.name("a.test", slow)
			f.name("b.test", named{addrs: []string{"10.0.0.2"}})
			r := &records{all: []*net.SRV{{Target: "a.test.", Port: 1}, {Target: "b.test.", Port: 1}}}
			c := f.client(service, zkasync.WithSRVResolver(r.lookup))
			if took := started(t, c); took > 200*time.Millisecond {
				t.Errorf("took %v", took)
			}
		})
	}
}

// A start that fails tells why; a look-up without an answer holds up neither that nor Close.
func TestSRV_FailuresAreNamed(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]*records{
		"look up the SRV records of " + service + ": server misbehaving":         {err: errors.New("server misbehaving")},
		"look up the SRV records of " + service + ": the service has no servers": {},
		"look up the SRV records of " + service + ": context deadline exceeded":  {after: time.Hour},
		"look up a.test: no such host":                                           {all: []*net.SRV{{Target: "a.test.", Port: 1}}},
	} {
		inBubbleNamed(t, want, func(t *testing.T) {
			f := newFleet(t)
			f.name("a.test", named{err: errors.New("no such host")})
			ctx, cancel := context.WithTimeout(t.Context(), 12*time.Second)
			defer cancel()
			err := f.client(service, zkasync.WithSRVResolver(r.lookup)).Start(ctx)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %q in it", err, want)
			}
		})
	}
}

// A dialer of the user's gets the names in the records, unless there is a resolver as well.
func TestSRV_DialerGetsNames(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := zkpeer.Pipes(t, zkpeer.Healthy)
		var dialled []string
		r := &records{all: []*net.SRV{{Target: "zk1.example.org.", Port: 2181}}}
		c := connect(t, service, zkasync.WithSRVResolver(r.lookup),
			zkasync.WithDialer(func(ctx context.Context, network, address string) (net.Conn, error) {
				dialled = append(dialled, address)
				return p.Dial(ctx, network, address)
			}))
		must(t, c.Exists(t.Context(), "/"))
		if want := []string{"zk1.example.org:2181"}; !slices.Equal(dialled, want) {
			t.Errorf("dialled %q, want %q", dialled, want)
		}
	})
}

// UpdateServers takes services too, and stays on a server that the new one's records have.
func TestSRV_UpdateServers(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := newFleet(t)
		f.server("10.0.0.1:1", zkpeer.Healthy)
		r := &records{all: []*net.SRV{{Target: "10.0.0.1", Port: 1}}}
		c := f.client(service, zkasync.WithSRVResolver(r.lookup))
		started(t, c)
		mustDo(t, c.UpdateServers("10.0.0.1:1"))
		mustDo(t, c.UpdateServers(service))
		time.Sleep(2 * time.Second)
		if n := f.dials("10.0.0.1:1"); n != 1 {
			t.Errorf("dialled %d times", n)
		}
	})
}

func TestSRV_RefusesWhatIsMalformed(t *testing.T) {
	t.Parallel()
	for servers, want := range map[string]string{
		service + ":2181":                 "want no port",
		"dns-srv://":                      `service ""`,
		"dns-srv:///app":                  `service ""`,
		"dns-srv://" + service + ":2181":  "want no port",
		"dns-srv://a.test,b.test":         "one name",
		"dns-srv://a..test":               `"a..test"`,
		"_zookeeper._tcp.a b":             "one name",
		"dns-srv://" + service + "/app//": "/app//",
		"a:1,dns-srv://" + service:        "dns-srv:",
	} {
		if _, err := zkasync.New(servers); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q in it", servers, err, want)
		}
	}
	if _, err := zkasync.New("a", zkasync.WithSRVResolver(nil)); err == nil || !strings.Contains(err.Error(), "SRV resolver is nil") {
		t.Errorf("%v", err)
	}
	for _, word := range []string{service, "dns-srv://" + service} {
		if _, err := zkasync.FourLetterWord(t.Context(), word, "ruok"); err == nil || !strings.Contains(err.Error(), "want one server") {
			t.Errorf("%q: %v", word, err)
		}
	}
}
