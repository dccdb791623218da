package zkasync_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/handler"
	"github.com/zkasync/zkasync-go/zkasync"
)

func TestInput_Servers(t *testing.T) {
	t.Parallel()
	for servers, text := range map[string]string{
		"":               "an address is empty",
		",":              "an address is empty",
		"h1:2181,":       "an address is empty",
		"h1,,h2":         "an address is empty",
		"/chroot":        "an address is empty",
		":2181":          `":2181": want a host`,
		"a b:2181":       `"a b:2181": want a host`,
		"h1;h2":          `"h1;h2": want a host of letters`,
		"\"h1\":2181":    `want a host of letters`,
		"h1\t,h2":        "want a host of letters",
		"h1,\ufeffh2":    `"\ufeffh2": want a host of letters`,
		" h1:2181":       "no white space",
		"h1:2181 ":       "no white space",
		"h1:2181\n":      "no white space",
		"h1/app ":        "no white space",
		"h1/app\u00a0":   "no white space",
		"\ufeffh1:2181":  `"\ufeffh1:2181": want no white space or byte order mark`,
		"h1/app,h2/app":  `chroot "/app,h2/app": want no comma`,
		"h1:1/a,h2:1/a":  "after the last address",
		"h1/a,":          "after the last address",
		"h:+2181":        `port "+2181"`,
		"h:02181":        `port "02181"`,
		"h:2181\u00a0,i": `port "2181\u00a0"`,
		"h:0":            `port "0"`,
		"h:65536":        `port "65536"`,
		"h:-1":           `port "-1"`,
		"h:zookeeper":    `port "zookeeper"`,
		"h:":             `port ""`,
		"::1:2181":       "IPv6 in brackets",
		"[::1:2181":      "IPv6 in brackets",
		"h:2181/a/":      "must not end with",
		"h:2181//a":      "empty name",
		"h:2181/a/../b":  "relative name",
		"h:2181/\x00":    "U+0000",
		"h1:2181,h2/a b": "",
		"h":              "",
		"[::1]":          "",
		"[::1]:2182":     "",
		"h1 , h2:1":      "",
		"h1,  h2:1/a":    "",
		"zk_1.a-b.c":     "",
		"bücher.example": "",
		"[fe80::1%eth0]": "",
		"h1:2181/":       "",
		"h1,h2/a/b/c":    "",
	} {
		_, err := zkasync.New(servers)
		switch {
		case text == "" && err != nil:
			t.Errorf("servers %q: %v", servers, err)
		case text != "" && (err == nil || !strings.Contains(err.Error(), text)):
			t.Errorf("servers %q: %v, want an error with %q", servers, err, text)
		}
	}
}

func TestInput_Options(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		option zkasync.Option
		texts  []string // nil: accepted
	}{
		{zkasync.WithSessionTimeout(0), []string{"session timeout 0s", "1ms"}},
		{zkasync.WithSessionTimeout(-time.Second), []string{"session timeout -1s"}},
		{zkasync.WithSessionTimeout(time.Millisecond - 1), []string{"session timeout 999.999µs"}},
		{zkasync.WithSessionTimeout(math.MaxInt32*time.Millisecond + 1), []string{"session timeout 596h31m23.647"}},
		{zkasync.WithSessionTimeout(time.Millisecond), nil},
		{zkasync.WithSessionTimeout(math.MaxInt32 * time.Millisecond), nil},
		{zkasync.WithConnectTimeout(0), []string{"connect timeout 0s", "positive"}},
		{zkasync.WithConnectTimeout(-1), []string{"connect timeout -1ns"}},
		{zkasync.WithRequestTimeout(0), []string{"request timeout 0s", "1ms"}},
		{zkasync.WithRequestTimeout(-time.Second), []string{"request timeout -1s", "1ms"}},
		{zkasync.WithCloseTimeout(0), []string{"close timeout 0s", "positive"}},
		{zkasync.WithHandler(nil), []string{"handler is nil"}},
		{zkasync.WithDialer(nil), []string{"dialer is nil"}},
		{zkasync.WithTLS(nil), []string{"tls configuration is nil"}},
		{zkasync.WithMaxRequestSize(1023), []string{"maximum request size 1023", "1024"}},
		{zkasync.WithMaxRequestSize(1024), nil},
		{zkasync.WithMaxReplySize(0), []string{"maximum reply size 0"}},
		{zkasync.WithMaxReplySize(-1), []string{"maximum reply size -1"}},
		{zkasync.WithHandler(handler.NewPool(0)), []string{"NewPool(0)", "at least 1"}},
		{zkasync.WithHandler(handler.NewInline(handler.WithTwoQueues())), []string{"WithTwoQueues", "NewSequential"}},
		{zkasync.WithSession(zkasync.Session{Password: make([]byte, 16)}), []string{"session 0x0", "id other than 0"}},
		{zkasync.WithSession(zkasync.Session{ID: 1, Password: make([]byte, 15)}), []string{"15 bytes", "16 bytes"}},
		{zkasync.WithLogger(nil), nil},
		{zkasync.WithShuffle(false), nil},
		{zkasync.Option{}, nil},
	} {
		_, err := zkasync.New("h", test.option)
		if test.texts == nil && err != nil {
			t.Errorf("refused: %v", err)
		}
		for _, text := range test.texts {
			if err == nil || !strings.Contains(err.Error(), text) {
				t.Errorf("%v, want an error with %q", err, text)
			}
		}
	}
}

// frameOfSet returns the length of a request that sets n bytes of data, without the frame's own length: xid and opcode, path, data,
// version.
func frameOfSet(fullPath string, n int) int { return 8 + 4 + len(fullPath) + 4 + n + 4 }

// Requests have the size of the limit, one byte less and one byte more. Their neighbours are unharmed.
func TestInput_RequestSizeLimit(t *testing.T) {
	t.Parallel()
	const limit = zkasync.DefaultMaxRequestSize
	c, _, p := proxied(t)
	must(t, c.Create(t.Context(), "/a", nil))
	frames := tap(p)
	must(t, c.Set(t.Context(), "/a", nil, -1))
	root := strings.TrimSuffix(frames.requests()[0].path, "/a")
	fits := limit - frameOfSet(root+"/a", 0)
	before := c.Exists(t.Context(), "/a")
	below := c.Set(t.Context(), "/a", make([]byte, fits-1), -1)
	exact := c.Set(t.Context(), "/a", make([]byte, fits), -1)
	above := c.Set(t.Context(), "/a", make([]byte, fits+1), -1)
	behind := c.Get(t.Context(), "/a")
	refuses(t, above, nil, "set /a", "1048576", "1048575", "WithMaxRequestSize", "jute.maxbuffer")
	must(t, before)
	must(t, below)
	must(t, exact)
	if got := len(must(t, behind).Data); got != fits {
		t.Errorf("read %d bytes, want %d", got, fits)
	}
	largest := 0
	for _, r := range frames.requests() {
		largest = max(largest, r.size-4)
	}
	if largest != limit {
		t.Errorf("the largest request has %d bytes, want %d", largest, limit)
	}
}

func TestInput_RequestSizeLimitOnEveryOperation(t *testing.T) {
	t.Parallel()
	const limit = 4096
	c := rooted(t, zkasync.WithMaxRequestSize(limit))
	long := "/" + strings.Repeat("x", limit)
	for _, call := range calls {
		err := fails(t, call.do(c, t.Context(), long), zkasync.ErrNotSent)
		if !strings.Contains(err.Error(), "4096") {
			t.Errorf("error %q does not name the limit", err)
		}
	}
	refuses(t, c.Create(t.Context(), "/a", make([]byte, limit)), nil, "create /a", "4096")
	refuses(t, c.AddAuth(t.Context(), "digest", []byte("u:"+strings.Repeat("x", limit))), nil, "4096")
	var ops []zkasync.MultiOp
	for range limit / 10 {
		ops = append(ops, zkasync.CheckOp("/", 0))
	}
	refuses(t, c.Multi(t.Context(), ops...), nil, "multi", "4096")
	must(t, future.All(c.Exists(t.Context(), "/"), c.Exists(t.Context(), "/a")))
}
