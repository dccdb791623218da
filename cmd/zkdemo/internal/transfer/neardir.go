package transfer

import "os"

// nearDir keeps open the directory below root that was used last: files usually come a directory at a time, and opening the
// directory for each of them takes as long as reading or writing it.
type nearDir struct {
	root *os.Root
	last *os.Root // nil if none is open
	rel  string   // where last is
}

// enter opens the directory rel, unless it is open already. leave closes it.
func (n *nearDir) enter(rel string) (*os.Root, error) {
	if n.last != nil && n.rel == rel {
		return n.last, nil
	}
	n.leave()
	dir, err := n.root.OpenRoot(rel)
	if err != nil {
		return nil, err
	}
	n.last, n.rel = dir, rel
	return dir, nil
}

// leave closes what enter has left open.
func (n *nearDir) leave() {
	if n.last != nil {
		_ = n.last.Close() // only read from
		n.last = nil
	}
}
