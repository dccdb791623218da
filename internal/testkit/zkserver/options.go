package zkserver

import (
	"io"
	"time"
)

// Option changes how a server is started. In an ensemble it applies to each server.
type Option func(*options)

// setting is one line of zoo.cfg.
type setting struct{ key, value string }

type options struct {
	tickTime   time.Duration
	config     []setting
	jvmFlags   []string
	heap       string
	readOnly   bool
	superuser  string
	dir        string
	port       int
	log        io.Writer
	tls        bool
	clientAuth bool
	jaas       string // the login modules of SASL, "" without
	takePort   func() (int, error)
}

// DefaultTick is a server's tick unless WithTickTime says otherwise.
const DefaultTick = 500 * time.Millisecond

const defaultHeap = "512m"

func newOptions(opts []Option) options {
	o := options{tickTime: DefaultTick, heap: defaultHeap, takePort: takePort}
	for _, opt := range opts {
		opt(&o)
	}
	return o
}

// WithTickTime sets the server's tick. Sessions expire at multiples of it, and the
// limits of an ensemble are counted in ticks. The default is 500 ms.
func WithTickTime(d time.Duration) Option { return func(o *options) { o.tickTime = d } }

// WithConfig adds a line "key=value" to zoo.cfg, replacing the line that this
// package would write for the key.
func WithConfig(key, value string) Option {
	return func(o *options) { o.config = append(o.config, setting{key, value}) }
}

// WithJVMFlag adds a flag to Java's command line, such as
// "-Djute.maxbuffer=4194304". It comes after those of this package and overrides
// them.
func WithJVMFlag(flag string) Option {
	return func(o *options) { o.jvmFlags = append(o.jvmFlags, flag) }
}

// WithHeap sets the maximum size of Java's heap, "512m" by default.
func WithHeap(size string) Option { return func(o *options) { o.heap = size } }

// WithReadOnly lets a server of an ensemble serve read-only clients while it is
// cut off from the quorum.
func WithReadOnly() Option { return func(o *options) { o.readOnly = true } }

// WithSuperuser enables the user "super" with this password: a client that adds
// the digest credential "super:<password>" passes every ACL check.
func WithSuperuser(password string) Option { return func(o *options) { o.superuser = password } }

// WithDir puts data, configuration and log into dir and keeps them after Stop.
// The servers of an ensemble take its subfolders 1, 2 and so on.
func WithDir(dir string) Option { return func(o *options) { o.dir = dir } }

// WithPort fixes the port for clients. Without it each server takes a free port.
// It cannot be used for an ensemble.
func WithPort(port int) Option { return func(o *options) { o.port = port } }

// WithLog copies the server's log to w while it is written. Calls of w do not
// overlap.
func WithLog(w io.Writer) Option { return func(o *options) { o.log = &lockedWriter{w: w} } }

// WithTLS opens a second port with TLS and a certificate made for this server alone.
// TLSAddr and TLSConfig return what a client needs to connect to it.
func WithTLS() Option { return func(o *options) { o.tls = true } }

// WithMutualTLS does what WithTLS does, and makes the server refuse clients without
// a certificate of its authority. TLSConfig contains one.
func WithMutualTLS() Option {
	return func(o *options) { o.tls, o.clientAuth = true, true }
}
