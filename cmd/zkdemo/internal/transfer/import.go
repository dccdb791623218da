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
	dir   string // as the user named it
	root  *os.Root
	bulk  *zkasync.Bulk
	fresh bool                 // target did not exist: create without asking what is there
	alone []*item              // to be sent one at a time
	bare  map[*folder]struct{} // created, and without anything yet that tells them from an empty file
}

// folder follows a directory's children, to mark it as a directory if none of them comes to be.
type folder struct {
	source, path string
	pending      int  // children without an outcome
	held         bool // has a child in ZooKeeper, or its mark is on its way
	walked       bool // no further child will be begun
	closed       bool // failed, so that nothing below it is begun
}

// Import copies the directory dir to the znode target. The error says why it ended early; what was not copied is in the
// report in any case.
func Import(ctx context.Context, c *zkasync.Client, dir, target string, o Options) (Report, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Report{}, err
	}
	defer root.Close()
	im := &importer{engine: newEngine(ctx, c, o), dir: dir, root: root, bulk: c.Bulk(ctx), bare: make(map[*folder]struct{})}
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

// finish names, besides what finish of the engine does, the directories that are not yet told from an empty file.
func (im *importer) finish(err error) (Report, error) {
	report, err := im.engine.finish(err)
	for _, d := range slices.SortedFunc(maps.Keys(im.bare), func(a, b *folder) int { return strings.Compare(a.path, b.path) }) {
		report.Unfinished = append(report.Unfinished,
			newItem(d.source, d.path+" is there, but nothing in it: it would be exported as an empty file"))
	}
	return report, err
}

// count tells the progress how much there is to do. What cannot be read is found again, and reported, by walk.
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

// local gives the name of rel as a user would write it.
func (im *importer) local(rel string) string { return filepath.Join(im.dir, filepath.FromSlash(rel)) }

// walk begins the directory rel and all that is in it. Its error ends the transfer.
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
	if !im.fresh { // something else may be there: find out before anything is put below it
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

// entry begins one entry of the directory in.
func (im *importer) entry(rel string, entry fs.DirEntry, in *folder) error {
	name := entry.Name()
	if name == dataFile && entry.Type().IsRegular() {
		return nil // part of the directory itself
	}
	target := znode.Join(in.path, name)
	if err := checkSource(name, target, entry.Type()); err != nil {
		return im.refuse(rel, err)
	}
	if entry.IsDir() {
		return im.walk(rel, target, in)
	}
	info, err := entry.Info()
	if err == nil {
		err = im.checkSize(info.Size())
	}
	if err != nil {
		return im.refuse(rel, err)
	}
	if err := im.room(info.Size()); err != nil { // before reading: what is read is held
		return err
	}
	data, err := im.read(rel)
	if err != nil {
		return im.refuse(rel, err)
	}
	return im.begin(&item{source: im.local(rel), path: target, data: data, parent: in})
}

// checkSource says why an entry cannot become the znode target, or nil.
func checkSource(name, target string, kind fs.FileMode) error {
	switch {
	case isReserved(name):
		return fmt.Errorf("names that begin with %s are this program's own", reservedPrefix)
	case znode.IsSystem(target):
		return fmt.Errorf("%s belongs to the server", znode.System)
	case kind&fs.ModeSymlink != 0:
		return errors.New("a symbolic link")
	case kind&^fs.ModeDir != 0:
		return errors.New("neither a file nor a directory")
	}
	return znode.CheckName(name)
}

func (im *importer) checkSize(size int64) error {
	if size > int64(im.o.MaxRequest) {
		return fmt.Errorf("%d bytes are more than one request may hold (%d, the server's jute.maxbuffer)", size, im.o.MaxRequest)
	}
	return nil
}

// read gives the whole of a file that may have changed since it was listed.
func (im *importer) read(rel string) ([]byte, error) {
	f, err := im.root.Open(rel)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("became something other than a file")
	}
	if err := im.checkSize(info.Size()); err != nil {
		return nil, err
	}
	data := make([]byte, info.Size()+1) // one more than there should be, to notice a file that grows
	n, err := io.ReadFull(f, data)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if int64(n) != info.Size() {
		return nil, fmt.Errorf("changed while it was read: it had %d bytes", info.Size())
	}
	return data[:n], nil
}

// directoryData gives what the directory's own znode is to hold. A file for it that cannot be used is reported.
func (im *importer) directoryData(rel string, entries []fs.DirEntry) ([]byte, error) {
	for _, entry := range entries {
		if entry.Name() != dataFile || !entry.Type().IsRegular() {
			continue
		}
		name := path.Join(rel, dataFile)
		info, err := entry.Info()
		if err == nil {
			err = im.checkSize(info.Size())
		}
		if err != nil {
			return nil, im.refuse(name, err)
		}
		if err := im.room(info.Size()); err != nil {
			return nil, err
		}
		data, err := im.read(name)
		if err == nil && len(data) == 0 {
			err = errors.New("is empty, which a directory's znode is without it")
		}
		if err != nil {
			return nil, im.refuse(name, err)
		}
		return data, nil
	}
	return nil, nil
}

// refuse reports something that is not copied and was never begun. Its error ends the transfer.
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

// withoutPath is for an error that has the name in front of it already.
func withoutPath(err error) error {
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}
