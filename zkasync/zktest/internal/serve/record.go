package serve

import (
	"time"

	"github.com/zkasync/zkasync-go/internal/wire"
)

// Request is one request as a server saw it.
type Request struct {
	Server  int // the number of the server that it came to, from 1
	Session int64
	Xid     int32
	Op      wire.OpCode
	Path    string // for a multi, that of its first part
	Time    time.Time
	Zxid    int64 // from the header of the answer
	Err     error
	Lost    bool // a fault kept the answer from the client, or changed it
}

// record keeps the latest requests.
type record struct {
	limit int
	ring  []Request
	total int64 // number of requests recorded so far
}

func (r *record) add(q Request) {
	if r.limit == 0 {
		return
	}
	if len(r.ring) < r.limit {
		r.ring = append(r.ring, q)
	} else {
		r.ring[r.total%int64(r.limit)] = q
	}
	r.total++
}

// since returns the requests from number from on, as far as they are kept.
func (r *record) since(from int64) []Request {
	from = max(from, r.total-int64(len(r.ring)))
	var list []Request
	for ; from < r.total; from++ {
		list = append(list, r.ring[from%int64(r.limit)])
	}
	return list
}
