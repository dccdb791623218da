package cache

import (
	"errors"
	"fmt"
	"math"
)

const (
	// DefaultMaxEntries is how many znodes a cache holds where no option says otherwise.
	DefaultMaxEntries = 1_000_000
	// DefaultMaxBytes is how many bytes of paths and data it holds: 1 GiB.
	DefaultMaxBytes = 1 << 30
)

type config struct {
	keep    func(path string) bool
	depth   int
	entries int
	bytes   int64
}

// Option is an option of [Open] and [WatchChildrenData]. With one that is wrong the cache ends at once, and Err says which.
type Option struct{ apply func(*config) error }

// WithFilter leaves out each znode that keep says false of, with all that is below it: they are not read, and their changes are
// not told. The root of the cache is not asked about. Keep is called on the cache's goroutine, so it must not block or ask the cache
// to close, and must say the same whenever it is asked.
func WithFilter(keep func(path string) bool) Option {
	return Option{func(cfg *config) error {
		if keep == nil {
			return errors.New("filter is nil")
		}
		cfg.keep = keep
		return nil
	}}
}

// WithDepth leaves out what is more than levels below the root of the cache: 0 is the root alone, 1 is the root and its children.
func WithDepth(levels int) Option {
	return Option{func(cfg *config) error {
		if levels < 0 {
			return fmt.Errorf("depth of %d levels is negative", levels)
		}
		cfg.depth = levels
		return nil
	}}
}

// WithMaxEntries bounds how many znodes the cache holds. The default is [DefaultMaxEntries]. When there are more, the cache ends with
// a [*LimitError]: one that left some out would lie.
func WithMaxEntries(n int) Option {
	return Option{func(cfg *config) error {
		if n < 1 {
			return fmt.Errorf("bound of %d znodes is not positive", n)
		}
		cfg.entries = n
		return nil
	}}
}

// WithMaxBytes bounds how many bytes the paths and data of all znodes in the cache have, as WithMaxEntries does. The default is
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
