package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/znode"
	"github.com/zkasync/zkasync-go/zkasync"
)

// importer walks a local tree and creates a znode for each of its files and directories.
type importer struct {
	engine
	dir   string // as the user has named it
	root  *os.Root
	near  nearDir
	bulk  *zkasync.Bulk
	fresh bool                 // the target did not exist, so nothing below it needs to be compared
	alone []*item              // items to send one at a time, with nothing else in flight
	bare  map[*folder]struct{} // created, but still without a child that tells them from an empty file
}

// folder keeps track of a directory's children, so that it can be marked as a directory if none of them is created.
type folder struct {
	source, path string
	pending      int  // children whose outcome is not known yet
	held         bool // it has a child in ZooKeeper, or its mark is being created
	walked       bool // no further child will be begun
	closed       bool // it has failed, so nothing below it will be begun
}

// Import copies the directory dir to the znode target. The error says why it ended early. The report lists what was not
// copied, with or without an error.
func Import(ctx context.Context, c *zkasync.Client, dir, target string, o Options) (Report, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Report{}, err
	}
	defer root.Close()
	im := &importer{engine: newEngine(ctx, c, o), dir: dir, root: root, near: nearDir{root: root}, bulk: c.Bulk(ctx), bare: make(map[*folder]struct{})}
	defer im.near.leave()
	im.count(".")
	stat, err := c.Exists(ctx, target).Get(ctx)
	if err != nil {
		return Report{}, err
	}
	im.fresh = stat == nil
	err = im.walk(".", target, nil)
	for err == nil && (im.win.Len() > 0 || len(im.alone) > 0) {
		if err = im.settleAll(); err == nil {
			err = im.sendAlone()
		}
	}
	return im.finish(err)
}

// finish does what the engine's finish does, and also reports the directories that nothing tells from an empty file yet.
func (im *importer) finish(err error) (Report, error) {
	report, err := im.engine.finish(err)
	for _, d := range slices.SortedFunc(maps.Keys(im.bare), func(a, b *folder) int { return strings.Compare(a.path, b.path) }) {
		report.Unfinished = append(report.Unfinished,
			newItem(d.source, d.path+" has no children yet, so it would be exported as an empty file"))
	}
	return report, err
}

// count tells the progress how much there is to do. It ignores what cannot be read, since walk will report that.
func (im *importer) count(rel string) {
	var things, bytes int64
	_ = fs.WalkDir(im.root.FS(), rel, func(p string, entry fs.DirEntry, err error) error {
		if im.ctx.Err() != nil {
			return fs.SkipAll
		}
		if err != nil || path.Base(p) == dataFile {
			return nil
		}
		things++
		if info, err := entry.Info(); err == nil && entry.Type().IsRegular() {
			bytes += info.Size()
		}
		return nil
	})
	im.discovered(things, bytes)
}

// local returns the path of rel as the user would write it.
func (im *importer) local(rel string) string { return filepath.Join(im.dir, filepath.FromSlash(rel)) }

// walk begins the directory rel and everything in it. An error ends the transfer.
func (im *importer) walk(rel, target string, parent *folder) error {
	self := &folder{source: im.local(rel), path: target}
	entries, err := fs.ReadDir(im.root.FS(), rel)
	if err != nil {
		return im.refuse(rel, err)
	}
	data, err := im.directoryData(rel, entries)
	if err != nil {
		return err
	}
	if err := im.begin(&item{source: self.source, path: target, data: data, dir: self, parent: parent}); err != nil {
		return err
	}
	if !im.fresh { // something else may be there, so wait for the answer before creating anything below it
		if err := im.settleAll(); err != nil {
			return err
		}
	}
	for _, entry := range entries {
		if self.closed {
			break
		}
		if err := im.entry(path.Join(rel, entry.Name()), entry, self); err != nil {
			return err
		}
	}
	self.walked = true
	im.markIfEmpty(self)
	return nil
}

// entry begins one entry of the directory in. An error ends the transfer.
func (im *importer) entry(rel string, entry fs.DirEntry, in *folder) error {
	name := entry.Name()
	if name == dataFile && entry.Type().IsRegular() {
		return nil // it is the data of the directory itself
	}
	target := znode.Join(in.path, name)
	if err := checkSource(name, target, entry.Type()); err != nil {
		return im.refuse(rel, err)
	}
	if entry.IsDir() {
		return im.walk(rel, target, in)
	}
	data, refused, err := im.file(rel)
	switch {
	case err != nil:
		return err
	case refused != nil:
		return im.refuse(rel, refused)
	}
	return im.begin(&item{source: im.local(rel), path: target, data: data, parent: in})
}

// checkSource returns an error that says why an entry cannot become the znode target, or nil.
func checkSource(name, target string, kind fs.FileMode) error {
	switch {
	case isReserved(name):
		return fmt.Errorf("names that begin with %s are reserved for this program", reservedPrefix)
	case znode.IsSystem(target):
		return fmt.Errorf("%s belongs to the server", znode.System)
	case kind&fs.ModeSymlink != 0:
		return errors.New("is a symbolic link")
	case kind&^fs.ModeDir != 0:
		return errors.New("is neither a file nor a directory")
	}
	return znode.CheckName(name)
}

func (im *importer) checkSize(size int64) error {
	if size > int64(im.o.MaxRequest) {
		return fmt.Errorf("%d bytes do not fit into one request (at most %d, the server's jute.maxbuffer)", size, im.o.MaxRequest)
	}
	return nil
}

// file returns the contents of a file, or why it cannot be copied. An err ends the transfer.
func (im *importer) file(rel string) (data []byte, refused, err error) {
	f, size, refused := im.open(rel)
	if refused != nil {
		return nil, refused, nil
	}
	defer f.Close()
	if err := im.room(size); err != nil { // before reading, since the contents take memory from then on
		return nil, nil, err
	}
	data, refused = contents(f, size)
	return data, refused, nil
}

// open opens a file, which may have changed since it was listed.
func (im *importer) open(rel string) (f *os.File, size int64, err error) {
	dir, err := im.near.enter(path.Dir(rel))
	if err != nil {
		return nil, 0, err
	}
	if f, err = dir.Open(path.Base(rel)); err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		err = errors.New("became something other than a file")
	default:
		err = im.checkSize(info.Size())
	}
	if err != nil {
		_ = f.Close() // only read from
		return nil, 0, err
	}
	return f, info.Size(), nil
}

// contents reads a file that had a size a moment ago.
func contents(f io.Reader, size int64) ([]byte, error) {
	data := make([]byte, size+1)                         // one more than expected, to notice a file that has grown
	n, err := io.ReadAtLeast(f, data, int(max(size, 1))) // usually one read: a file that gives less than asked for has ended
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if int64(n) != size {
		return nil, fmt.Errorf("changed while it was read, when it had %d bytes", size)
	}
	return data[:n], nil
}

// directoryData returns the data for the directory's own znode. If there is a file for them that cannot be used, it reports
// that file. An error ends the transfer.
func (im *importer) directoryData(rel string, entries []fs.DirEntry) ([]byte, error) {
	for _, entry := range entries {
		if entry.Name() != dataFile || !entry.Type().IsRegular() {
			continue
		}
		name := path.Join(rel, dataFile)
		data, refused, err := im.file(name)
		if err != nil {
			return nil, err
		}
		if refused == nil && len(data) == 0 {
			refused = errors.New("is empty, so the directory's znode needs no such file")
		}
		if refused != nil {
			return nil, im.refuse(name, refused)
		}
		return data, nil
	}
	return nil, nil
}

// refuse reports something that cannot be copied and was never begun. An error ends the transfer.
func (im *importer) refuse(rel string, err error) error {
	im.begun++
	if im.ends(err) {
		im.fatal = &fs.PathError{Op: "read", Path: im.local(rel), Err: withoutPath(err)}
		im.unfinished(im.local(rel), withoutPath(err))
	} else {
		im.skip(im.local(rel), withoutPath(err))
	}
	im.o.Progress.Done(0)
	return im.stopped()
}

// withoutPath removes the path from an error, for messages that begin with the path anyway.
func withoutPath(err error) error {
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}
