package transfer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/pipeline"
	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/znode"
	"github.com/zkasync/zkasync-go/zkasync"
)

// exporter walks a tree of znodes and writes a file or a directory for each. It asks for a znode's Stat first, so that it
// knows how much memory the data will take before it asks for them.
type exporter struct {
	engine
	target string
	made   bool // target was created for this export
	tree   localTree
	todo   []*source // to be looked at; the last one first, which keeps the list short
	gets   []*source // looked at, data to be fetched
}

// source is one znode on its way to disk.
type source struct {
	path   string
	name   string    // in dir; empty for the znode that is exported
	dir    *localDir // where it goes
	asFile string    // the name of the file its data go to
	size   int64     // of its data, when it was looked at
	tries  int
}

var errVanished = errors.New("was deleted meanwhile")

// Export copies the znode from, and all that is below it, into the directory dir, which is created if need be. The error
// says why it ended early; what was not copied is in the report in any case.
func Export(ctx context.Context, c *zkasync.Client, from, dir string, o Options) (Report, error) {
	switch stat, err := c.Exists(ctx, from).Get(ctx); { // before anything is made on disk
	case err != nil:
		return Report{}, err
	case stat == nil:
		return Report{}, fmt.Errorf("export %s: %w", from, zk.ErrNoNode)
	}
	_, err := os.Lstat(dir)
	made := errors.Is(err, fs.ErrNotExist)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return Report{}, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Report{}, err
	}
	defer root.Close()
	ex := &exporter{engine: newEngine(ctx, c, o), target: dir, made: made, tree: localTree{root: root, overwrite: o.Overwrite}}
	ex.discovered(1, 0)
	ex.todo = append(ex.todo, &source{path: from})
	return ex.finish(ex.loop())
}

// finish names, besides what finish of the engine does, the files whose data were not asked for yet.
func (ex *exporter) finish(err error) (Report, error) {
	report, err := ex.engine.finish(err)
	for _, s := range ex.gets {
		report.Unfinished = append(report.Unfinished, newItem(s.path, "not written before the transfer was cut short"))
	}
	return report, err
}

// loop runs until nothing is left to do. Data go before further looks, so that what is known stays little.
func (ex *exporter) loop() error {
	for {
		var err error
		switch {
		case ex.stopped() != nil:
			return ex.stopped()
		case len(ex.gets) > 0 && ex.win.Fits(ex.gets[0].size):
			s := ex.gets[0]
			ex.gets = ex.gets[1:]
			ex.fetch(s)
		case len(ex.gets) < ex.o.Depth && len(ex.todo) > 0 && ex.win.Fits(0):
			s := ex.todo[len(ex.todo)-1]
			ex.todo = ex.todo[:len(ex.todo)-1]
			ex.begun++
			ex.look(s)
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

// look asks what the znode is.
func (ex *exporter) look(s *source) {
	pipeline.Add(ex.win, s.path, 0, ex.c.Exists(ex.ctx, s.path), func(stat *zk.Stat, err error) {
		switch {
		case err != nil && ex.again(err, s.tries):
			s.tries++
			ex.look(s)
		case err != nil:
			ex.give(s, err)
		case stat == nil:
			ex.give(s, errVanished)
		default:
			ex.place(s, int64(stat.DataLength), stat.NumChildren)
		}
	})
}

// place decides whether the znode is a file or a directory.
func (ex *exporter) place(s *source, size int64, children int32) {
	s.size = size
	switch {
	case s.dir == nil:
		ex.directory(s)
	case s.name == dirMarker && size == 0 && children == 0:
		ex.o.Progress.Done(0) // its parent is a directory, which is known by now
	case checkLocalName(runtime.GOOS, s.name) != nil:
		ex.give(s, checkLocalName(runtime.GOOS, s.name))
	case children > 0:
		ex.directory(s)
	default:
		ex.o.Progress.Found(0, size)
		s.asFile = s.name
		ex.data(s)
	}
}

// data gets the znode's data onto the disk, without asking for them when there are none.
func (ex *exporter) data(s *source) {
	if s.size == 0 {
		ex.write(s, nil)
		return
	}
	ex.gets = append(ex.gets, s)
}

func (ex *exporter) fetch(s *source) {
	pipeline.Add(ex.win, s.path, s.size, ex.c.Get(ex.ctx, s.path), func(n zkasync.Node, err error) {
		switch {
		case err != nil && ex.again(err, s.tries):
			s.tries++
			ex.fetch(s)
		case err != nil:
			ex.give(s, vanishedOr(err))
		default:
			ex.write(s, n.Data)
		}
	})
}

func (ex *exporter) write(s *source, data []byte) {
	written, err := ex.tree.writeFile(s.dir, s.asFile, data)
	switch {
	case err != nil:
		ex.give(s, err)
		return
	case written:
		ex.report.Bytes += int64(len(data))
	}
	if s.asFile != dataFile { // which is part of its directory, and that is counted already
		ex.count(written, &ex.report.Files)
	}
	ex.o.Progress.Done(s.size)
}

// count counts one thing as copied, among its kind, or as there already.
func (ex *exporter) count(copied bool, kind *int64) {
	if copied {
		*kind++
	} else {
		ex.report.Unchanged++
	}
}

// directory makes the znode's directory and asks for what is in it.
func (ex *exporter) directory(s *source) {
	var here *localDir
	var created bool
	var err error
	if s.dir == nil {
		here, created, err = ex.tree.openDir(".")
	} else {
		here, created, err = ex.tree.subDir(s.dir, s.name)
	}
	if err != nil {
		ex.give(s, err)
		return
	}
	ex.count(created || s.name == "" && ex.made, &ex.report.Directories)
	s.dir = here
	ex.list(s)
}

func (ex *exporter) list(s *source) {
	pipeline.Add(ex.win, s.path, 0, ex.c.Children(ex.ctx, s.path), func(c zkasync.Children, err error) {
		switch {
		case err != nil && ex.again(err, s.tries):
			s.tries++
			ex.list(s)
			return
		case err != nil:
			ex.give(s, vanishedOr(err))
			return
		}
		ex.push(s, c.Names)
		if s.size == 0 {
			ex.o.Progress.Done(0)
			return
		}
		ex.o.Progress.Found(0, s.size)
		s.asFile = dataFile
		ex.data(s)
	})
}

// push puts a directory's children on the list, the first in the alphabet to be done first.
func (ex *exporter) push(s *source, names []string) {
	slices.Sort(names)
	for _, name := range slices.Backward(names) {
		path := znode.Join(s.path, name)
		if path != znode.System {
			ex.todo = append(ex.todo, &source{path: path, name: name, dir: s.dir})
			ex.discovered(1, 0)
		}
	}
}

// give reports a znode that is not copied, or not whole.
func (ex *exporter) give(s *source, err error) {
	if errors.Is(err, syscall.ENOSPC) {
		ex.fatal = err
	}
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		err = errors.New(filepath.Join(ex.target, filepath.FromSlash(pathErr.Path)) + ": " + pathErr.Err.Error())
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
