package zkotel

import (
	"net"
	"slices"
	"strconv"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

// scope is the name of the instrumentation.
const scope = "github.com/zkasync/zkasync-go/zkasync/zkotel"

// The attributes.
const (
	systemKey   = attribute.Key("db.system.name")
	addressKey  = attribute.Key("server.address")
	portKey     = attribute.Key("server.port")
	errorKey    = attribute.Key("error.type")
	opKey       = attribute.Key("zookeeper.op")
	pathKey     = attribute.Key("zookeeper.path")
	outcomeKey  = attribute.Key("zookeeper.outcome")
	requestsKey = attribute.Key("zookeeper.requests")
	carriedKey  = attribute.Key("zookeeper.operations")
	queuedKey   = attribute.Key("zookeeper.queued")
	wireKey     = attribute.Key("zookeeper.wire")
	sentKey     = attribute.Key("zookeeper.sent.bytes")
	receivedKey = attribute.Key("zookeeper.received.bytes")
	stateKey    = attribute.Key("zookeeper.state")
	kindKey     = attribute.Key("zookeeper.watch.kind")
	stepKey     = attribute.Key("zookeeper.watch.step")
)

// Option is an option of [NewTracer], [NewMeter] or [Observe]. Those that do not concern one of them do nothing there.
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(cfg *config) { f(cfg) }

type config struct {
	tracers    trace.TracerProvider
	meters     metric.MeterProvider
	attributes []attribute.KeyValue
	paths      bool
	requests   bool
}

func newConfig(opts []Option) *config {
	cfg := &config{tracers: otel.GetTracerProvider(), meters: otel.GetMeterProvider(), attributes: []attribute.KeyValue{systemKey.String("zookeeper")}}
	for _, o := range opts {
		if o != nil {
			o.apply(cfg)
		}
	}
	return cfg
}

// WithTracerProvider sets where spans go. The default is the global provider; so it is for nil.
func WithTracerProvider(p trace.TracerProvider) Option {
	return optionFunc(func(cfg *config) {
		if p != nil {
			cfg.tracers = p
		}
	})
}

// WithMeterProvider sets where metrics go. The default is the global provider; so it is for nil.
func WithMeterProvider(p metric.MeterProvider) Option {
	return optionFunc(func(cfg *config) {
		if p != nil {
			cfg.meters = p
		}
	})
}

// WithAttributes adds attributes to all spans and metrics, such as the name of the client in a process that has several.
func WithAttributes(attributes ...attribute.KeyValue) Option {
	return optionFunc(func(cfg *config) { cfg.attributes = append(cfg.attributes, attributes...) })
}

// WithPaths sets the attribute zookeeper.path on spans, to the path as passed to the client. Off by default: paths are many,
// and may hold names that are private.
func WithPaths() Option { return optionFunc(func(cfg *config) { cfg.paths = true }) }

// WithRequests makes a span of each request as well, below that of its operation: from the writing to the answer. A request in
// which several gets, or writes of a Bulk, have travelled together is below the first one. Requests that belong to no
// operation, such as those of a live value, have none.
func WithRequests() Option { return optionFunc(func(cfg *config) { cfg.requests = true }) }

// server returns the attributes of an address, none if it is "".
func server(address string) []attribute.KeyValue {
	if address == "" {
		return nil
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return []attribute.KeyValue{addressKey.String(address)}
	}
	if n, err := strconv.Atoi(port); err == nil {
		return []attribute.KeyValue{addressKey.String(host), portKey.Int(n)}
	}
	return []attribute.KeyValue{addressKey.String(host)}
}

// with returns the configured attributes and others.
func (cfg *config) with(others ...attribute.KeyValue) []attribute.KeyValue {
	return append(slices.Clone(cfg.attributes), others...)
}
