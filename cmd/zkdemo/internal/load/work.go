package load

import (
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/znode"
)

// Op is the kind of request that is measured.
type Op string

// The operations that can be measured.
const (
	Get    Op = "get"
	Set    Op = "set"
	Create Op = "create"
)

// Ops are all operations, in the order in which bench measures them.
var Ops = []Op{Get, Set, Create}

// ParseOp returns the operation with this name.
func ParseOp(name string) (Op, error) {
	for _, op := range Ops {
		if string(op) == name {
			return op, nil
		}
	}
	return "", fmt.Errorf("%q is not an operation that bench can measure; it can measure get, set, create", name)
}

// createFolders is how many parents the created znodes have, so that no list of children becomes too long to be read.
const createFolders = 64

// Work is what every client of a run does. It is safe for concurrent use.
type Work struct {
	op      Op
	data    []byte
	keys    []string // the znodes to read or write
	folders []string // the parents of the znodes to create
	created atomic.Int64
}

// newWork plans the work below root: count znodes of size bytes to read or write, or folders to create znodes in.
func newWork(op Op, root string, count, size int) *Work {
	w := &Work{op: op, data: []byte(strings.Repeat("x", size))}
	if op == Create {
		for i := range createFolders {
			w.folders = append(w.folders, znode.Join(root, fmt.Sprintf("f%02d", i)))
		}
		return w
	}
	for i := range count {
		w.keys = append(w.keys, znode.Join(root, fmt.Sprintf("k%06d", i)))
	}
	return w
}

// key returns the path that request i reads or writes.
func (w *Work) key(i int64) string { return w.keys[i%int64(len(w.keys))] }

// fresh returns a path that this work has not used yet.
func (w *Work) fresh() string {
	n := w.created.Add(1) - 1
	return w.folders[n%createFolders] + "/n" + strconv.FormatInt(n, 10)
}

// limit says when a client stops sending: after a number of requests, at a time, or at whichever of the two comes first.
type limit struct {
	count int64     // 0: any number
	until time.Time // zero: at no time
}

// over reports whether request i, counted from 0, must not be sent any more.
func (l limit) over(i int64, now time.Time) bool {
	return l.count > 0 && i >= l.count || !l.until.IsZero() && !now.Before(l.until)
}
