package zkotel

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/otel/metric"

	"github.com/zkasync/zkasync-go/zkasync"
)

// Observe reports what the client's Stats tell each time that metrics are read, until the registration is removed with its
// method Unregister. It takes [WithMeterProvider] and [WithAttributes]. Counters begin anew when the client is started again.
func Observe(client *zkasync.Client, opts ...Option) (metric.Registration, error) {
	if client == nil {
		return nil, errors.New("zkotel: client is nil")
	}
	cfg := newConfig(opts)
	meter := cfg.meters.Meter(scope)
	attributes := metric.WithAttributes(cfg.attributes...)
	var instruments []metric.Observable
	var problems []error
	var report []func(metric.Observer, *zkasync.Stats)
	add := func(i metric.Int64Observable, err error, of func(*zkasync.Stats) int64) {
		problems = append(problems, err)
		instruments = append(instruments, i)
		report = append(report, func(o metric.Observer, s *zkasync.Stats) { o.ObserveInt64(i, of(s), attributes) })
	}
	counter := func(name, unit, what string, of func(*zkasync.Stats) int64) {
		i, err := meter.Int64ObservableCounter(name, metric.WithUnit(unit), metric.WithDescription(what))
		add(i, err, of)
	}
	gauge := func(name, unit, what string, of func(*zkasync.Stats) int64) {
		i, err := meter.Int64ObservableGauge(name, metric.WithUnit(unit), metric.WithDescription(what))
		add(i, err, of)
	}
	counter("zookeeper.client.sent", "By", "Bytes of requests", func(s *zkasync.Stats) int64 { return s.BytesSent })
	counter("zookeeper.client.received", "By", "Bytes of replies and events", func(s *zkasync.Stats) int64 { return s.BytesReceived })
	counter("zookeeper.client.replies", "{reply}", "Replies to requests", func(s *zkasync.Stats) int64 { return s.Replies })
	counter("zookeeper.client.session.expirations", "{session}", "Sessions that have expired, as servers have told", func(s *zkasync.Stats) int64 { return s.Expiries })
	counter("zookeeper.client.reconnects", "{connection}", "Connections that were established, beyond the first", func(s *zkasync.Stats) int64 { return s.Reconnects })
	counter("zookeeper.client.dropped_hook_calls", "{call}", "Calls of hooks that were dropped, since a hook was too slow", func(s *zkasync.Stats) int64 { return s.DroppedHookCalls })
	gauge("zookeeper.client.queued", "{request}", "Requests that wait to be written", func(s *zkasync.Stats) int64 { return int64(s.Queued) })
	gauge("zookeeper.client.in_flight", "{request}", "Requests that wait for their answers", func(s *zkasync.Stats) int64 { return int64(s.InFlight) })
	gauge("zookeeper.client.watches", "{watch}", "One-shot watches that have not fired", func(s *zkasync.Stats) int64 { return int64(s.Watches) })
	gauge("zookeeper.client.subscriptions", "{watch}", "Lasting watches, those of live values included", func(s *zkasync.Stats) int64 { return int64(s.Subscriptions) })
	gauge("zookeeper.client.callbacks.waiting", "{callback}", "Callbacks that wait for their turn", func(s *zkasync.Stats) int64 { return int64(s.Callbacks) })
	gauge("zookeeper.client.last_zxid", "{zxid}", "The highest zxid of any reply", func(s *zkasync.Stats) int64 { return s.LastZxid })
	gauge("zookeeper.client.connected", "1", "1 if the state is Connected, otherwise 0", func(s *zkasync.Stats) int64 {
		if s.State == zkasync.StateConnected {
			return 1
		}
		return 0
	})
	if err := errors.Join(problems...); err != nil {
		return nil, fmt.Errorf("zkotel: %w", err)
	}
	return meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		s := client.Stats()
		for _, f := range report {
			f(o, &s)
		}
		return nil
	}, instruments...)
}
