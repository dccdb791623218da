package zkotel

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/zkasync/zkasync-go/zkasync"
)

// Meter is a hook of zkasync that measures. [NewMeter] makes it. It is safe for concurrent use.
type Meter struct {
	cfg *config

	duration        metric.Float64Histogram
	queued          metric.Float64Histogram
	requestDuration metric.Float64Histogram
	carried         metric.Int64Counter
	attempts        metric.Int64Counter
	connections     metric.Int64Counter
	disconnections  metric.Int64Counter
	states          metric.Int64Counter
	watches         metric.Int64Counter
	slowCallbacks   metric.Int64Counter
}

// buckets go from a tenth of a millisecond, the time of a get on a local network, to what a session survives.
var buckets = metric.WithExplicitBucketBoundaries(.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30)

// NewMeter returns a hook for zkasync.WithHooks. It takes [WithMeterProvider] and [WithAttributes]. It fails if the
// provider refuses an instrument.
func NewMeter(opts ...Option) (*Meter, error) {
	m := &Meter{cfg: newConfig(opts)}
	meter := m.cfg.meters.Meter(scope)
	var problems []error
	histogram := func(name, what string) metric.Float64Histogram {
		h, err := meter.Float64Histogram(name, metric.WithUnit("s"), metric.WithDescription(what), buckets)
		problems = append(problems, err)
		return h
	}
	counter := func(name, unit, what string) metric.Int64Counter {
		c, err := meter.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(what))
		problems = append(problems, err)
		return c
	}
	m.duration = histogram("zookeeper.client.operation.duration", "Time from the call of an operation to the completion of its future")
	m.queued = histogram("zookeeper.client.operation.queued", "Time from the call of an operation until its first request was written")
	m.requestDuration = histogram("zookeeper.client.request.duration", "Time from the writing of a request to its answer or failure")
	m.carried = counter("zookeeper.client.request.operations", "{operation}", "Operations that travelled in requests; gets and writes of a Bulk may share one")
	m.attempts = counter("zookeeper.client.connect.attempts", "{attempt}", "Attempts to reach a server")
	m.connections = counter("zookeeper.client.connections", "{connection}", "Connections that were established")
	m.disconnections = counter("zookeeper.client.disconnections", "{connection}", "Established connections that have ended")
	m.states = counter("zookeeper.client.state.changes", "{change}", "Changes of the client's state, by the new state")
	m.watches = counter("zookeeper.client.watch.events", "{event}", "What has become of watches")
	m.slowCallbacks = counter("zookeeper.client.slow_callbacks", "{callback}", "Callbacks that have run for longer than the time of WithSlowCallback")
	if err := errors.Join(problems...); err != nil {
		return nil, fmt.Errorf("zkotel: %w", err)
	}
	return m, nil
}

// attributes are the configured ones, others, and the type of an error, if there is one.
func (m *Meter) attributes(err error, others ...attribute.KeyValue) metric.MeasurementOption {
	all := m.cfg.with(others...)
	if err != nil {
		all = append(all, errorKey.String(zkasync.ErrorType(err)))
	}
	return metric.WithAttributes(all...)
}

// OnOperationEnd implements zkasync.OperationEndHook. The context goes along, so that exemplars lead to the span.
func (m *Meter) OnOperationEnd(ctx context.Context, op zkasync.OperationEnd) {
	m.duration.Record(ctx, op.Took.Seconds(), m.attributes(op.Err, opKey.String(op.Name)))
	if op.Requests > 0 {
		m.queued.Record(ctx, op.Queued.Seconds(), m.attributes(nil, opKey.String(op.Name)))
	}
}

// OnRequest implements zkasync.RequestHook.
func (m *Meter) OnRequest(ctx context.Context, r zkasync.Request) {
	m.requestDuration.Record(ctx, r.Wire.Seconds(), m.attributes(r.Err, append(server(r.Server), opKey.String(r.Name))...))
	m.carried.Add(ctx, int64(r.Operations), m.attributes(nil, opKey.String(r.Name)))
}

// OnAttempt implements zkasync.AttemptHook.
func (m *Meter) OnAttempt(a zkasync.Attempt) {
	m.attempts.Add(context.Background(), 1, m.attributes(a.Err, server(a.Server)...))
}

// OnConnect implements zkasync.ConnectHook.
func (m *Meter) OnConnect(c zkasync.Connection) {
	m.connections.Add(context.Background(), 1, m.attributes(nil, server(c.Server)...))
}

// OnDisconnect implements zkasync.DisconnectHook.
func (m *Meter) OnDisconnect(d zkasync.Disconnection) {
	reason := "ConnectionLoss"
	if errors.Is(d.Err, zkasync.ErrClosed) {
		reason = "Closed"
	}
	m.disconnections.Add(context.Background(), 1, m.attributes(nil, append(server(d.Server), errorKey.String(reason))...))
}

// OnStateChange implements zkasync.StateHook.
func (m *Meter) OnStateChange(s zkasync.StateEvent) {
	m.states.Add(context.Background(), 1, m.attributes(nil, stateKey.String(s.State.String())))
}

// OnWatch implements zkasync.WatchHook.
func (m *Meter) OnWatch(w zkasync.WatchEvent) {
	m.watches.Add(context.Background(), 1, m.attributes(nil, kindKey.String(w.Kind), stepKey.String(w.Step.String())))
}

// OnSlowCallback implements zkasync.SlowCallbackHook.
func (m *Meter) OnSlowCallback(s zkasync.SlowCallback) {
	if !s.Returned {
		m.slowCallbacks.Add(context.Background(), 1, m.attributes(nil))
	}
}
