package zkprom

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/zkasync/zkasync-go/zkasync"
)

// Collector collects what a client's Stats tell. [NewCollector] makes it. It is safe for concurrent use.
type Collector struct {
	client *zkasync.Client
	fields []field

	submitted, failures, bytes *prometheus.Desc
}

// field is one metric without labels.
type field struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	of   func(*zkasync.Stats) float64
}

// NewCollector returns a collector for a client, which is to be registered with Prometheus. It takes [WithLabels] only. It
// asks the client each time that Prometheus asks, so it also shows one that is stopped and started again, whose
// counters then begin anew.
func NewCollector(client *zkasync.Client, opts ...Option) (*Collector, error) {
	cfg, err := newConfig(opts)
	if err == nil && client == nil {
		err = errors.New("zkprom: client is nil")
	}
	if err != nil {
		return nil, err
	}
	c := &Collector{client: client}
	describe := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, cfg.labels)
	}
	c.submitted = describe("submitted_requests_total", "Requests that were submitted to be sent, by operation.", "request")
	c.failures = describe("failed_requests_total", "Requests that have failed, by outcome: rejected, not_sent or unknown.", "outcome")
	c.bytes = describe("bytes_total", "Bytes of frames, by direction: sent or received.", "direction")
	add := func(kind prometheus.ValueType, name, help string, of func(*zkasync.Stats) float64) {
		c.fields = append(c.fields, field{describe(name, help), kind, of})
	}
	const counter, gauge = prometheus.CounterValue, prometheus.GaugeValue
	add(counter, "replies_total", "Replies to requests; gets that travelled together have one for all.", func(s *zkasync.Stats) float64 { return float64(s.Replies) })
	add(counter, "reconnects_total", "Connections that were established, beyond the first.", func(s *zkasync.Stats) float64 { return float64(s.Reconnects) })
	add(counter, "connection_losses_total", "Established connections that have ended.", func(s *zkasync.Stats) float64 { return float64(s.Losses) })
	add(counter, "failed_attempts_total", "Attempts to reach a server that have failed.", func(s *zkasync.Stats) float64 { return float64(s.FailedAttempts) })
	add(counter, "session_expirations_total", "Sessions that have expired, as servers have told.", func(s *zkasync.Stats) float64 { return float64(s.Expiries) })
	add(counter, "dropped_hook_calls_total", "Calls of hooks that were dropped, since a hook was too slow.", func(s *zkasync.Stats) float64 { return float64(s.DroppedHookCalls) })
	add(gauge, "queued_requests", "Requests that wait to be written.", func(s *zkasync.Stats) float64 { return float64(s.Queued) })
	add(gauge, "in_flight_requests", "Requests that wait for their answers.", func(s *zkasync.Stats) float64 { return float64(s.InFlight) })
	add(gauge, "watches", "One-shot watches that have not fired.", func(s *zkasync.Stats) float64 { return float64(s.Watches) })
	add(gauge, "subscriptions", "Lasting watches, those of live values included.", func(s *zkasync.Stats) float64 { return float64(s.Subscriptions) })
	add(gauge, "live_values", "Live values that are kept current.", func(s *zkasync.Stats) float64 { return float64(s.LiveValues) })
	add(gauge, "waiting_callbacks", "Callbacks that wait for their turn.", func(s *zkasync.Stats) float64 { return float64(s.Callbacks) })
	add(gauge, "last_zxid", "The highest zxid of any reply.", func(s *zkasync.Stats) float64 { return float64(s.LastZxid) })
	add(gauge, "uptime_seconds", "Time since the start of the client; 0 when it is not running.", func(s *zkasync.Stats) float64 { return s.Uptime.Seconds() })
	add(gauge, "connected", "1 if the state is Connected, otherwise 0.", func(s *zkasync.Stats) float64 {
		if s.State == zkasync.StateConnected {
			return 1
		}
		return 0
	})
	if err := checked(c); err != nil {
		return nil, err
	}
	return c, nil
}

// Describe implements prometheus.Collector.
func (c *Collector) Describe(ch chan<- *prometheus.Desc) {
	for _, f := range c.fields {
		ch <- f.desc
	}
	ch <- c.submitted
	ch <- c.failures
	ch <- c.bytes
}

// Collect implements prometheus.Collector.
func (c *Collector) Collect(ch chan<- prometheus.Metric) {
	s := c.client.Stats()
	for _, f := range c.fields {
		ch <- prometheus.MustNewConstMetric(f.desc, f.kind, f.of(&s))
	}
	labelled := func(desc *prometheus.Desc, value int64, label string) {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(value), label)
	}
	for request, n := range s.Requests {
		labelled(c.submitted, n, request)
	}
	labelled(c.failures, s.Rejected, "rejected")
	labelled(c.failures, s.NotSent, "not_sent")
	labelled(c.failures, s.Unknown, "unknown")
	labelled(c.bytes, s.BytesSent, "sent")
	labelled(c.bytes, s.BytesReceived, "received")
}
