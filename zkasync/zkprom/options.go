package zkprom

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
)

// namespace begins all names.
const namespace = "zookeeper_client"

// Option is an option of [NewHook] or [NewCollector].
type Option struct{ apply func(*config) error }

type config struct {
	labels  prometheus.Labels
	buckets []float64
	path    func(string) string // nil: no label
}

// defaultBuckets go from a tenth of a millisecond, the time of a get on a local network, to what a session survives.
var defaultBuckets = []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}

func newConfig(opts []Option) (*config, error) {
	cfg := &config{buckets: defaultBuckets}
	for _, o := range opts {
		if o.apply == nil {
			continue
		}
		if err := o.apply(cfg); err != nil {
			return nil, fmt.Errorf("zkprom: %w", err)
		}
	}
	return cfg, nil
}

// checked returns what Prometheus has against the metrics of a collector, such as labels that they have already.
func checked(c prometheus.Collector) error {
	if err := prometheus.NewRegistry().Register(c); err != nil {
		return fmt.Errorf("zkprom: %w", err)
	}
	return nil
}

// WithLabels adds labels with fixed values to all metrics, such as the name of the client in a process that has several. The names
// that the metrics have of their own, such as "operation", are refused.
func WithLabels(labels prometheus.Labels) Option {
	return Option{func(cfg *config) error {
		cfg.labels = labels
		return nil
	}}
}

// WithBuckets sets the upper bounds of histograms, in seconds, in ascending order. The default is 17 of them from 100
// microseconds to 30 seconds. [NewCollector] has no histograms.
func WithBuckets(bounds ...float64) Option {
	return Option{func(cfg *config) error {
		if len(bounds) == 0 {
			return errors.New("there are no buckets")
		}
		for i, b := range bounds {
			if math.IsNaN(b) || i > 0 && b <= bounds[i-1] {
				return fmt.Errorf("buckets %v: want ascending bounds", bounds)
			}
		}
		cfg.buckets = slices.Clone(bounds)
		return nil
	}}
}

// WithPath adds the label "path" to zookeeper_client_operations_total, with what name returns for an operation's path, which
// is "" if it has none or several. Each value is a series of its own in Prometheus, and an operation's paths have no bound:
// so name should return one of a few, such as the first name of the path. It is called on the goroutine for hooks, one call
// at a time. [NewCollector] has no paths.
func WithPath(name func(path string) string) Option {
	return Option{func(cfg *config) error {
		if name == nil {
			return errors.New("the function for paths is nil")
		}
		cfg.path = name
		return nil
	}}
}
