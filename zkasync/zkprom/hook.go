package zkprom

import (
	"context"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/zkasync/zkasync-go/zkasync"
)

// Hook is a hook of zkasync and a collector of Prometheus. [NewHook] makes it. It serves one client at a time, and is safe
// for concurrent use.
type Hook struct {
	path func(string) string

	operations      *prometheus.CounterVec
	duration        *prometheus.HistogramVec
	queued          *prometheus.HistogramVec
	requests        *prometheus.CounterVec
	requestDuration *prometheus.HistogramVec
	carried         *prometheus.CounterVec
	attempts        *prometheus.CounterVec
	connections     *prometheus.CounterVec
	disconnections  *prometheus.CounterVec
	lasted          prometheus.Histogram
	states          *prometheus.CounterVec
	state           *prometheus.GaugeVec
	watches         *prometheus.CounterVec
	slowCallbacks   prometheus.Counter
	slowSeconds     prometheus.Counter
	stuckCallbacks  prometheus.Gauge

	all []prometheus.Collector
}

// NewHook returns a hook, which is to be given to zkasync.WithHooks and to be registered with Prometheus.
func NewHook(opts ...Option) (*Hook, error) {
	cfg, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	h := &Hook{path: cfg.path}
	labels := []string{"operation", "error_type"}
	if cfg.path != nil {
		labels = append(labels, "path")
	}
	h.operations = h.counters(cfg, "operations_total", "Operations that have ended; error_type is empty for those that succeeded.", labels...)
	h.duration = h.histograms(cfg, "operation_duration_seconds", "Time from the call of an operation to the completion of its future.", "operation", "outcome")
	h.queued = h.histograms(cfg, "operation_queue_seconds", "Time from the call of an operation until its first request was written.", "operation")
	h.requests = h.counters(cfg, "requests_total", "Requests that were written and have been answered or have failed; error_type is empty for those that succeeded.", "request", "error_type")
	h.requestDuration = h.histograms(cfg, "request_duration_seconds", "Time from the writing of a request to its answer or failure.", "request", "server")
	h.carried = h.counters(cfg, "request_operations_total", "Operations that travelled in requests; gets and writes of a Bulk may share one.", "request")
	h.attempts = h.counters(cfg, "connect_attempts_total", "Attempts to reach a server, by result: ok or failed.", "server", "result")
	h.connections = h.counters(cfg, "connections_total", "Connections that were established.", "server")
	h.disconnections = h.counters(cfg, "disconnections_total", "Established connections that have ended; reason is closed when the client stopped, otherwise lost.", "server", "reason")
	h.lasted = prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: namespace, Name: "connection_seconds",
		Help: "How long established connections have lasted.", ConstLabels: cfg.labels, Buckets: []float64{1, 10, 60, 600, 3600, 6 * 3600, 24 * 3600, 7 * 24 * 3600}})
	h.states = h.counters(cfg, "state_changes_total", "Changes of the client's state, by the new state.", "state")
	h.state = prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: "state",
		Help: "The client's state: 1 for the present one, 0 for the others.", ConstLabels: cfg.labels}, []string{"state"})
	h.watches = h.counters(cfg, "watch_events_total", "What has become of watches, by step: set, fired, resync or lost.", "kind", "step")
	h.slowCallbacks = prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: "slow_callbacks_total",
		Help: "Callbacks that have run for longer than the time of WithSlowCallback.", ConstLabels: cfg.labels})
	h.slowSeconds = prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: "slow_callback_seconds_total",
		Help: "Time that such callbacks took, when they have returned.", ConstLabels: cfg.labels})
	h.stuckCallbacks = prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Name: "slow_callbacks_running",
		Help: "Such callbacks that have not returned.", ConstLabels: cfg.labels})
	h.all = append(h.all, h.lasted, h.state, h.slowCallbacks, h.slowSeconds, h.stuckCallbacks)
	if err := checked(h); err != nil {
		return nil, err
	}
	return h, nil
}

func (h *Hook) counters(cfg *config, name, help string, labels ...string) *prometheus.CounterVec {
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help, ConstLabels: cfg.labels}, labels)
	h.all = append(h.all, v)
	return v
}

func (h *Hook) histograms(cfg *config, name, help string, labels ...string) *prometheus.HistogramVec {
	v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, ConstLabels: cfg.labels,
		Buckets: cfg.buckets}, labels)
	h.all = append(h.all, v)
	return v
}

// Describe implements prometheus.Collector.
func (h *Hook) Describe(ch chan<- *prometheus.Desc) {
	for _, c := range h.all {
		c.Describe(ch)
	}
}

// Collect implements prometheus.Collector.
func (h *Hook) Collect(ch chan<- prometheus.Metric) {
	for _, c := range h.all {
		c.Collect(ch)
	}
}

// OnOperationEnd implements zkasync.OperationEndHook.
func (h *Hook) OnOperationEnd(_ context.Context, op zkasync.OperationEnd) {
	values := []string{op.Name, zkasync.ErrorType(op.Err)}
	if h.path != nil {
		values = append(values, strings.ToValidUTF8(h.path(op.Path), "\uFFFD")) // Prometheus takes nothing else
	}
	h.operations.WithLabelValues(values...).Inc()
	h.duration.WithLabelValues(op.Name, outcome(op)).Observe(op.Took.Seconds())
	if op.Requests > 0 {
		h.queued.WithLabelValues(op.Name).Observe(op.Queued.Seconds())
	}
}

// outcome is the label of an operation's end.
func outcome(op zkasync.OperationEnd) string {
	if op.Err == nil {
		return "ok"
	}
	switch op.Outcome {
	case zkasync.OutcomeRejected:
		return "rejected"
	case zkasync.OutcomeNotSent:
		return "not_sent"
	default:
		return "unknown"
	}
}

// OnRequest implements zkasync.RequestHook.
func (h *Hook) OnRequest(_ context.Context, r zkasync.Request) {
	h.requests.WithLabelValues(r.Name, zkasync.ErrorType(r.Err)).Inc()
	h.requestDuration.WithLabelValues(r.Name, r.Server).Observe(r.Wire.Seconds())
	h.carried.WithLabelValues(r.Name).Add(float64(r.Operations))
}

// OnAttempt implements zkasync.AttemptHook.
func (h *Hook) OnAttempt(a zkasync.Attempt) {
	result := "ok"
	if a.Err != nil {
		result = "failed"
	}
	h.attempts.WithLabelValues(a.Server, result).Inc()
}

// OnConnect implements zkasync.ConnectHook.
func (h *Hook) OnConnect(c zkasync.Connection) { h.connections.WithLabelValues(c.Server).Inc() }

// OnDisconnect implements zkasync.DisconnectHook.
func (h *Hook) OnDisconnect(d zkasync.Disconnection) {
	reason := "lost"
	if zkasync.ErrorType(d.Err) == "Closed" {
		reason = "closed"
	}
	h.disconnections.WithLabelValues(d.Server, reason).Inc()
	h.lasted.Observe(d.Lasted.Seconds())
}

// OnStateChange implements zkasync.StateHook.
func (h *Hook) OnStateChange(s zkasync.StateEvent) {
	for state := zkasync.StateClosed; state <= zkasync.StateAuthFailed; state++ {
		value := 0.
		if state == s.State {
			value = 1
		}
		h.state.WithLabelValues(state.String()).Set(value)
	}
	h.states.WithLabelValues(s.State.String()).Inc()
}

// OnWatch implements zkasync.WatchHook.
func (h *Hook) OnWatch(w zkasync.WatchEvent) {
	h.watches.WithLabelValues(w.Kind, w.Step.String()).Inc()
}

// OnSlowCallback implements zkasync.SlowCallbackHook.
func (h *Hook) OnSlowCallback(s zkasync.SlowCallback) {
	if !s.Returned {
		h.slowCallbacks.Inc()
		h.stuckCallbacks.Inc()
		return
	}
	h.stuckCallbacks.Dec()
	h.slowSeconds.Add(s.Took.Seconds())
}
