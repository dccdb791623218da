package handler

import "log/slog"

// Option changes how a handler works. Constructors take options; Start reports an invalid one.
type Option interface{ apply(*options) }

type options struct {
	logger    *slog.Logger
	hook      func(Panic)
	twoQueues bool
}

type optionFunc func(*options)

func (f optionFunc) apply(o *options) { f(o) }

func newOptions(opts []Option) options {
	var o options
	for _, opt := range opts {
		if opt != nil {
			opt.apply(&o)
		}
	}
	return o
}

// WithLogger sets the logger for callbacks that panic. Without it they are reported to
// the logger given to Start, and without that to [slog.Default].
func WithLogger(logger *slog.Logger) Option {
	return optionFunc(func(o *options) { o.logger = logger })
}

// WithPanicHook sets a function that is called for each callback that panics, after the panic has been logged, on the
// goroutine that ran the callback and before the next one runs. A panic in the hook is logged and goes no further.
func WithPanicHook(hook func(Panic)) Option {
	return optionFunc(func(o *options) { o.hook = hook })
}

// WithTwoQueues gives a Sequential handler two queues, as kazoo has, each with its goroutine: completions in one, watch
// events and state changes in the other. A completion that blocks then delays no watch event, but the order between the
// two is lost. Only NewSequential takes this option.
func WithTwoQueues() Option {
	return optionFunc(func(o *options) { o.twoQueues = true })
}
