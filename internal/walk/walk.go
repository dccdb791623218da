// Package walk goes through a tree, depth first, and reads ahead on the way. It knows neither client nor connection.
package walk

import (
	"context"
	"iter"
	"slices"

	"github.com/zkasync/zkasync-go/future"
)

// Found is what the read of a znode has found.
type Found[T any] struct {
	Value T
	Names []string // of its children; the walk sorts them in place
	Gone  bool     // it does not exist, and is left out
	Err   error    // why it, or its children, cannot be read; the walk goes on
}

// Read starts to read a znode with the names of its children. If the future fails, the walk ends.
type Read[T any] func(path string) *future.Future[Found[T]]

// Ahead is how many of the znodes that come next are asked for, as far as their names are known.
const Ahead = 64

// Node is a znode on the way.
type Node[T any] struct {
	Path string
	Found[T]
}

// Tree returns the znodes from root on, each before its children and these by name. The error is that of a failed read, or
// of the wait for it, and ends the walk; Path is then where it was.
//
// Each range reads anew. It takes no goroutine: what is asked for in advance is held until its turn comes. That is at most
// Ahead znodes of each level of the tree, beside the names of the children of those that were found.
func Tree[T any](ctx context.Context, root string, read Read[T]) iter.Seq2[Node[T], error] {
	return func(yield func(Node[T], error) bool) {
		w := &walk[T]{read: read, levels: []*level[T]{{names: []string{root}}}}
		for {
			path, f := w.next()
			if f == nil {
				return
			}
			found, err := f.Get(ctx)
			if err != nil {
				yield(Node[T]{Path: path}, err)
				return
			}
			w.enter(path, found.Names)
			if !found.Gone && !yield(Node[T]{path, found}, nil) {
				return
			}
		}
	}
}

type walk[T any] struct {
	read   Read[T]
	levels []*level[T] // from the root to where the walk is
	since  int         // how many have been taken since the last look ahead
	room   int         // of the present look ahead
	kids   *level[T]   // of the znode that was taken last, if they are known
}

// level is the children of one znode that are still to come.
type level[T any] struct {
	path  string // "": the root of the walk, whose name is its path
	names []string
	reads []step[T] // of the first of names
}

// step is a read that was started.
type step[T any] struct {
	f    *future.Future[Found[T]]
	kids *level[T] // once they are known
}

func (l *level[T]) child(name string) string {
	switch l.path {
	case "", "/":
		return l.path + name
	default:
		return l.path + "/" + name
	}
}

// next takes the next znode, or returns nil at the end.
func (w *walk[T]) next() (path string, f *future.Future[Found[T]]) {
	l := w.levels[len(w.levels)-1]
	for len(l.names) == 0 {
		if w.levels = w.levels[:len(w.levels)-1]; len(w.levels) == 0 {
			return "", nil
		}
		l = w.levels[len(w.levels)-1]
	}
	if len(l.reads) == 0 || w.since >= Ahead/2 || !l.reads[0].f.Ready() {
		w.lookAhead()
	}
	w.since++
	path, f, w.kids = l.child(l.names[0]), l.reads[0].f, l.reads[0].kids
	l.reads[0] = step[T]{} // its data must not be kept
	l.names, l.reads = l.names[1:], l.reads[1:]
	return path, f
}

// enter makes the children of the znode that was taken the next ones.
func (w *walk[T]) enter(path string, names []string) {
	if w.kids == nil && len(names) > 0 {
		w.kids = newLevel[T](path, names)
	}
	if w.kids != nil {
		w.levels = append(w.levels, w.kids)
	}
}

func newLevel[T any](path string, names []string) *level[T] {
	slices.Sort(names)
	return &level[T]{path: path, names: names}
}

// lookAhead asks for the znodes that come next.
func (w *walk[T]) lookAhead() {
	w.since, w.room = 0, Ahead
	for i := len(w.levels) - 1; i >= 0 && w.room > 0; i-- {
		w.ask(w.levels[i])
	}
}

// ask asks for the next znodes of a level and of those below it that are known.
func (w *walk[T]) ask(l *level[T]) {
	for i := 0; i < len(l.names) && w.room > 0; i++ {
		path := l.child(l.names[i])
		if i == len(l.reads) {
			l.reads = append(l.reads, step[T]{f: w.read(path)})
		}
		w.room--
		s := &l.reads[i]
		if s.kids == nil {
			if found, err := s.f.Result(); err == nil && len(found.Names) > 0 {
				s.kids = newLevel[T](path, found.Names)
			}
		}
		if s.kids != nil {
			w.ask(s.kids)
		}
	}
}
