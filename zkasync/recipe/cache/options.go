package cache

import (
	"errors"
	"fmt"
	"math"
)

const (
	// DefaultMaxEntries is the default of WithMaxEntries.
	DefaultMaxEntries = 1_000_000
	// DefaultMaxBytes is the default of WithMaxBytes: 1 GiB.
	DefaultMaxBytes = 1 << 30
)

type config struct {
	keep    func(path string) bool
	depth   int
	entries int
	bytes   int64
}

// Option is an option of [Open] and [WatchChildrenData]. With an invalid one the cache ends at once, and Err names it.
type Option struct{ apply func(*config) error }

// WithFilter leaves out each znode for which keep returns false, with everything below it: they are not read, and their
// changes are not reported. Keep is not called for the root of the cache. It is called on the cache's goroutine, so it
// must not block or close the cache, and it must always return the same for a path.
func WithFilter(keep func(path string) bool) Option {
	return Option{func(cfg *config) error {
		if keep == nil {
			return errors.New("filter is nil")
		}
		cfg.keep = keep
		return nil
	}}
}

// WithDepth leaves out znodes more than the given number of levels below the root of the cache: 0 is the root alone, 1
// the root and its children.
func WithDepth(levels int) Option {
	return Option{func(cfg *config) error {
		if levels < 0 {
			return fmt.Errorf("depth of %d levels is negative", levels)
		}
		cfg.depth = levels
		return nil
	}}
}

// WithMaxEntries limits how many znodes the cache holds. The default is [DefaultMaxEntries]. If there are more, the
// cache ends with a [*LimitError], since an incomplete cache would be misleading.
func WithMaxEntries(n int) Option {
	return Option{func(cfg *config) error {
		if n < 1 {
			return fmt.Errorf("bound of %d znodes is not positive", n)
		}
		cfg.entries = n
		return nil
	}}
}

// WithMaxBytes limits the bytes of all paths and data in the cache, in the way of WithMaxEntries. The default is
// [DefaultMaxBytes]. In memory each znode takes some 400 bytes more.
func WithMaxBytes(n int64) Option {
	return Option{func(cfg *config) error {
		if n < 1 {
			return fmt.Errorf("bound of %d bytes is not positive", n)
		}
		cfg.bytes = n
		return nil
	}}
}

func newConfig(opts []Option) (config, error) {
	cfg := config{depth: math.MaxInt, entries: DefaultMaxEntries, bytes: DefaultMaxBytes}
	for _, o := range opts {
		if o.apply == nil {
			continue
		}
		if err := o.apply(&cfg); err != nil {
			return cfg, err
		}
	}
	return cfg, nil
}
