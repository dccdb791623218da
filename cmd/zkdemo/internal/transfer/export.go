package transfer

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/pipeline"
	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/znode"
	"github.com/zkasync/zkasync-go/zkasync"
)

// exporter walks a tree of znodes and writes a file or a directory for each. One request per znode reads its data and tells
// whether it has children. Only the answer shows how much memory the data take, so until then the request counts as much as
// the largest possible znode.
type exporter struct {
	engine
	to   destination
	todo []*source // what to fetch next, from the end: going deep first keeps the list short
}

// destination is where an export writes to.
type destination interface {
	// check returns an error that says why no entry may be called name, or nil.
	check(name string) error
	// top makes sure that the directory for everything exists, and reports whether it has created it.
	top() (d *localDir, created bool, err error)
	// subDir does the same for the directory name in parent.
	subDir(parent *localDir, name string) (d *localDir, created bool, err error)
	// writeFile gives the file name in d these contents, all at once. It returns false if the file had them already.
	writeFile(d *localDir, name string, data []byte) (written bool, err error)
}

// source is a znode that is being exported.
type source struct {
	path  string
	name  string    // its name in dir; empty for the znode given to Export
	dir   *localDir // where it is written to; nil for the znode given to Export
	size  int64     // of its data, once they have been read
	tries int
}

var errVanished = errors.New("was deleted meanwhile")

// Export copies the znode from, and everything below it, into the directory dir, which it creates if necessary. The error
// says why it ended early. The report lists what was not copied, with or without an error.
func Export(ctx context.Context, c *zkasync.Client, from, dir string, o Options) (Report, error) {
	if err := look(ctx, c, from); err != nil {
		return Report{}, err
	}
	tree, err := openLocalTree(dir, o.Overwrite)
	if err != nil {
		return Report{}, err
	}
	defer tree.close()
	return export(ctx, c, from, tree, o)
}

// look makes sure that the znode exists, before anything is created on disk.
func look(ctx context.Context, c *zkasync.Client, from string) error {
	stat, err := c.Exists(ctx, from).Get(ctx)
	if err == nil && stat == nil {
		err = fmt.Errorf("export %s: %w", from, zk.ErrNoNode)
	}
	return err
}

func export(ctx context.Context, c *zkasync.Client, from string, to destination, o Options) (Report, error) {
	ex := &exporter{engine: newEngine(ctx, c, o), to: to}
	ex.discovered(1, 0)
	ex.todo = append(ex.todo, &source{path: from})
	return ex.finish(ex.loop())
}

// loop runs until nothing is left to do.
func (ex *exporter) loop() error {
	for {
		var err error
		switch n := len(ex.todo); {
		case ex.stopped() != nil:
			return ex.stopped()
		case n > 0 && ex.win.Fits(int64(ex.o.MaxRequest)):
			s := ex.todo[n-1]
			ex.todo = ex.todo[:n-1]
			ex.begun++
			ex.fetch(s)
		case ex.win.Len() > 0:
			err = ex.settle()
		default:
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// fetch reads the znode's data; the Stat that comes with them tells whether it is a directory.
func (ex *exporter) fetch(s *source) {
	pipeline.Add(ex.win, s.path, int64(ex.o.MaxRequest), ex.c.Get(ex.ctx, s.path), func(n zkasync.Node, err error) {
		switch {
		case err != nil && ex.again(err, s.tries):
			s.tries++
			ex.fetch(s)
		case err != nil:
			ex.give(s, vanishedOr(err))
		default:
			ex.place(s, n)
		}
	})
}

// place writes the znode as a file or as a directory.
func (ex *exporter) place(s *source, n zkasync.Node) {
	s.size = int64(len(n.Data))
	ex.o.Progress.Found(0, s.size)
	children := n.Stat.NumChildren > 0
	switch err := ex.to.check(s.name); {
	case s.dir == nil:
		ex.directory(s, n.Data)
	case s.name == dirMarker && s.size == 0 && !children:
		ex.o.Progress.Done(0) // it only tells that its parent is a directory
	case err != nil:
		ex.give(s, err)
	case children:
		ex.directory(s, n.Data)
	default:
		ex.file(s, n.Data)
	}
}

func (ex *exporter) file(s *source, data []byte) {
	written, err := ex.write(s.dir, s.name, data)
	if err != nil {
		ex.give(s, err)
		return
	}
	ex.count(written, &ex.report.Files)
	ex.o.Progress.Done(s.size)
}

func (ex *exporter) write(dir *localDir, name string, data []byte) (written bool, err error) {
	written, err = ex.to.writeFile(dir, name, data)
	if err == nil && written {
		ex.report.Bytes += int64(len(data))
	}
	return written, err
}

// count counts a thing in kind if it was copied, and as unchanged otherwise.
func (ex *exporter) count(copied bool, kind *int64) {
	if copied {
		*kind++
	} else {
		ex.report.Unchanged++
	}
}

// directory creates the znode's directory, with a file for its data, and lists the children. If the file cannot be written,
// the znode counts as not copied, but everything below it is copied.
func (ex *exporter) directory(s *source, data []byte) {
	here, created, err := ex.openDir(s)
	if err != nil {
		ex.give(s, err)
		return
	}
	whole := true
	if len(data) > 0 {
		_, err := ex.write(here, dataFile, data)
		if whole = err == nil; !whole {
			ex.give(s, err)
		}
	}
	ex.list(s, here, func() {
		if whole {
			ex.count(created, &ex.report.Directories)
			ex.o.Progress.Done(s.size)
		}
	})
}

func (ex *exporter) openDir(s *source) (here *localDir, created bool, err error) {
	if s.dir == nil {
		return ex.to.top()
	}
	return ex.to.subDir(s.dir, s.name)
}

// list lists the znode's children, which will be written to the directory here.
func (ex *exporter) list(s *source, here *localDir, listed func()) {
	pipeline.Add(ex.win, s.path, 0, ex.c.Children(ex.ctx, s.path), func(c zkasync.Children, err error) {
		switch {
		case err != nil && ex.again(err, s.tries):
			s.tries++
			ex.list(s, here, listed)
		case err != nil:
			ex.give(s, vanishedOr(err))
		default:
			ex.push(s.path, here, c.Names)
			listed()
		}
	})
}

// push adds a directory's children to the list, so that they are fetched in alphabetical order.
func (ex *exporter) push(parent string, dir *localDir, names []string) {
	slices.Sort(names)
	for _, name := range slices.Backward(names) {
		path := znode.Join(parent, name)
		if path != znode.System {
			ex.todo = append(ex.todo, &source{path: path, name: name, dir: dir})
			ex.discovered(1, 0)
		}
	}
}

// give gives up a znode: it reports that the znode was not copied, or not completely.
func (ex *exporter) give(s *source, err error) {
	switch {
	case !isAny(err, exhaustedTarget):
	case ex.fatal == nil:
		ex.fatal = err
	default:
		err = errCut // the cause has been reported already
	}
	ex.failed(s.path, err)
	ex.o.Progress.Done(s.size)
}

func vanishedOr(err error) error {
	if errors.Is(err, zk.ErrNoNode) {
		return errVanished
	}
	return err
}
