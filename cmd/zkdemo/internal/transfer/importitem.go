package transfer

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/pipeline"
	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/znode"
	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// item is a znode that is being imported. It is created, or compared with what exists already. Each answer leads to the next
// request or completes the item.
type item struct {
	source, path string
	data         []byte
	dir          *folder // not nil: a directory
	parent       *folder // nil: the target itself, or a mark
	markOf       *folder // not nil: the mark of an empty directory
	tries        int
}

// aloneAfter is the number of connection losses after which an item is suspected of causing them: a server whose
// jute.maxbuffer is lower than ours closes the connection, and everything in flight fails.
const aloneAfter = 2

// begin sends the item's first request.
func (im *importer) begin(it *item) error {
	if err := im.sendAlone(); err != nil {
		return err
	}
	if err := im.room(int64(len(it.data))); err != nil {
		return err
	}
	im.begun++
	if it.parent != nil {
		it.parent.pending++
	}
	im.send(it)
	return nil
}

func (im *importer) send(it *item) {
	if im.fresh {
		im.create(it)
	} else {
		im.compare(it)
	}
}

func (im *importer) create(it *item) {
	var f *future.Future[zkasync.Created]
	switch target := it.parent == nil && it.markOf == nil; {
	case target, it.tries > 0: // after a connection loss, the parent may not have been created yet
		f = im.c.Create(im.ctx, it.path, it.data, zkasync.MakeParents())
	default: // marks go into the bulk too, where they cannot overtake their directories
		f = im.bulk.Create(it.path, it.data)
	}
	pipeline.Add(im.win, it.source, int64(len(it.data)), f, func(_ zkasync.Created, err error) {
		switch {
		case err == nil:
			im.copied(it)
		case errors.Is(err, zk.ErrNodeExists):
			im.compare(it)
		case errors.Is(err, zk.ErrNoNode) && it.tries == 0:
			it.tries++
			im.create(it)
		default:
			im.retry(it, err)
		}
	})
}

// compare reads the znode and, depending on what it is, creates it, replaces it or leaves it alone.
func (im *importer) compare(it *item) {
	f := im.c.Get(im.ctx, it.path)
	pipeline.Add(im.win, it.source, int64(len(it.data)), f, func(n zkasync.Node, err error) {
		switch {
		case errors.Is(err, zk.ErrNoNode):
			im.create(it)
			return
		case err != nil:
			im.retry(it, err)
			return
		}
		if it.dir != nil && n.Stat.NumChildren > 0 {
			it.dir.held = true
		}
		replace, err := it.meets(n, im.o.Overwrite)
		switch {
		case err != nil:
			im.abandon(it, err)
		case replace:
			im.set(it, n.Stat.Version)
		default:
			im.unchanged(it)
		}
	})
}

// meets decides what to do about the znode n that exists already: replace its data, leave it alone or, with an error, give
// up. If it is a directory whose source has no data, the data in ZooKeeper are left alone, as are children that the source
// does not have.
func (it *item) meets(n zkasync.Node, overwrite bool) (replace bool, _ error) {
	same, leaf := bytes.Equal(n.Data, it.data), n.Stat.NumChildren == 0
	switch {
	case it.dir == nil && !leaf:
		return false, fmt.Errorf("%s exists as a directory", it.path)
	case same:
		return false, nil
	case it.dir != nil && !leaf && len(it.data) == 0:
		return false, nil
	case it.dir != nil && len(n.Data) == 0:
		return true, nil
	case overwrite:
		return true, nil
	case it.dir != nil && leaf && len(it.data) == 0:
		return false, fmt.Errorf("%s exists as a file (--overwrite replaces it)", it.path)
	}
	return false, fmt.Errorf("%s exists with other contents (--overwrite replaces them)", it.path)
}

// set replaces the data that compare has read.
func (im *importer) set(it *item, version int32) {
	f := im.c.Set(im.ctx, it.path, it.data, version)
	pipeline.Add(im.win, it.source, int64(len(it.data)), f, func(_ zk.Stat, err error) {
		switch {
		case err == nil:
			im.copied(it)
		case errors.Is(err, zk.ErrBadVersion) && it.tries < maxTries: // somebody else wrote it meanwhile
			it.tries++
			im.compare(it)
		default:
			im.retry(it, err)
		}
	})
}

// retry compares again after a connection loss, and gives the item up after too many of them or any other failure.
func (im *importer) retry(it *item, err error) {
	if !im.again(err, it.tries) {
		if it.tries > aloneAfter && errors.Is(err, zkasync.ErrConnectionLoss) {
			err = fmt.Errorf("%w each time these %d bytes were sent; the server's jute.maxbuffer may be lower than --max-request",
				err, len(it.data))
		}
		im.abandon(it, err)
		return
	}
	if it.tries++; it.tries > aloneAfter {
		im.alone = append(im.alone, it)
		return
	}
	im.compare(it)
}

// sendAlone sends the items in alone, one at a time and with nothing else in flight.
func (im *importer) sendAlone() error {
	for len(im.alone) > 0 {
		if err := im.settleAll(); err != nil {
			return err
		}
		it := im.alone[0]
		im.alone = im.alone[1:]
		im.compare(it)
		if err := im.settleAll(); err != nil {
			return err
		}
	}
	return nil
}

// copied completes an item that was created or replaced.
func (im *importer) copied(it *item) {
	switch {
	case it.markOf != nil:
		delete(im.bare, it.markOf)
		return
	case it.dir != nil:
		im.report.Directories++
	default:
		im.report.Files++
	}
	im.report.Bytes += int64(len(it.data))
	im.leave(it, true)
}

func (im *importer) unchanged(it *item) {
	if it.markOf != nil {
		delete(im.bare, it.markOf)
		return
	}
	im.report.Unchanged++
	im.leave(it, true)
}

func (im *importer) abandon(it *item, err error) {
	if it.markOf != nil {
		delete(im.bare, it.markOf)
		if it.markOf.closed { // it was not created itself, and has been reported
			return
		}
		err = fmt.Errorf("its mark as an empty directory could not be created: %w", err)
	} else if it.dir != nil {
		it.dir.closed = true
		err = fmt.Errorf("%w; nothing below it was copied", err)
	}
	im.failed(it.source, err)
	if it.markOf == nil {
		im.leave(it, false)
	}
}

// leave completes an item; there tells whether its znode exists. If it was the last child of a directory without any child
// in ZooKeeper, the directory gets its mark.
func (im *importer) leave(it *item, there bool) {
	im.o.Progress.Done(int64(len(it.data)))
	if d := it.dir; d != nil && there && !d.held && d.path != znode.Root {
		im.bare[d] = struct{}{}
	}
	d := it.parent
	if d == nil {
		return
	}
	d.pending--
	if there {
		d.held = true
		delete(im.bare, d)
	}
	im.markIfEmpty(d)
}

// markIfEmpty creates the mark of a directory that will have no children, to tell it from an empty file.
func (im *importer) markIfEmpty(d *folder) {
	if !d.walked || d.pending > 0 || d.held || d.closed || d.path == znode.Root || im.stopped() != nil {
		return
	}
	d.held = true
	im.send(&item{source: d.source, path: znode.Join(d.path, dirMarker), markOf: d})
}
