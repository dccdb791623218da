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

// Ops lists them in the order in which a full run does them.
var Ops = []Op{Get, Set, Create}

// ParseOp reads the name of an operation.
func ParseOp(name string) (Op, error) {
	for _, op := range Ops {
		if string(op) == name {
			return op, nil
		}
	}
	return "", fmt.Errorf("%q is not an operation that bench knows: one of get, set, create", name)
}

// createFolders is how many parents created znodes are spread over, so that no list of children grows too long to read.
const createFolders = 64

// Work is what every client of a run does. It may be shared by goroutines.
type Work struct {
	op      Op
	data    []byte
	keys    []string // what is read and written
	folders []string // what is created in
	created atomic.Int64
}

// newWork lays out a run below root: count znodes to read and write, each of size bytes.
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

// key gives the znode that request i reads or writes.
func (w *Work) key(i int64) string { return w.keys[i%int64(len(w.keys))] }

// fresh gives a path that no request of this work has created yet.
func (w *Work) fresh() string {
	n := w.created.Add(1) - 1
	return w.folders[n%createFolders] + "/n" + strconv.FormatInt(n, 10)
}

// limit says when a client stops sending: after a number of requests, at a time, or at whichever comes first.
type limit struct {
	count int64     // 0: any number
	until time.Time // zero: at no time
}

// over reports whether the request with the number i (from 0) is not to be sent any more.
func (l limit) over(i int64, now time.Time) bool {
	return l.count > 0 && i >= l.count || !l.until.IsZero() && !now.Before(l.until)
}
