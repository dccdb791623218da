// Package walk goes through a tree, depth first, and reads ahead on the way. It knows neither client nor connection.
package walk

import (
	"context"
	"iter"
	"slices"

	"github.com/zkasync/zkasync-go/future"
)

// Found is what a read found out about a znode.
type Found[T any] struct {
	Value T
	Names []string // the children's names, which the walk sorts in place
	Gone  bool     // the znode does not exist; the walk leaves it out
	Err   error    // why the znode or its children cannot be read; the walk goes on
}

// Read starts to read a znode and the names of its children. If the future fails, the walk ends.
type Read[T any] func(path string) *future.Future[Found[T]]

// Ahead is how many of the znodes that come next are requested in advance, as far as their names are known.
const Ahead = 64

// Node is a znode that the walk visits.
type Node[T any] struct {
	Path string
	Found[T]
}

// Tree returns root and all znodes below it, each before its children, and the children in the order of their names. An error
// is that of a failed read, or of waiting for it, and ends the walk; Path then says which znode was being read.
//
// Each range over the result reads the tree anew. A walk needs no goroutine. It holds what it has read in advance until its
// turn comes: at most Ahead znodes of each level of the tree, and the names of their children.
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
	since  int         // how many znodes have been taken since the last lookAhead
	room   int         // how many znodes the current lookAhead may still ask for
	kids   *level[T]   // the children of the znode taken last, if they are known
}

// level is those children of one znode that have not been taken yet.
type level[T any] struct {
	path  string // "": the only child is the root of the walk, and its name is its path
	names []string
	reads []step[T] // reads of the first names
}

// step is a read that has been started.
type step[T any] struct {
	f    *future.Future[Found[T]]
	kids *level[T] // the znode's children, once they are known
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
	l.reads[0] = step[T]{} // so that its data can be freed
	l.names, l.reads = l.names[1:], l.reads[1:]
	return path, f
}

// enter makes the children of the znode taken last the next ones.
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

// ask asks for the next znodes of a level and for their descendants, as far as these are known.
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
