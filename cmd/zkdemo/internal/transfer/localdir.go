package transfer

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strconv"
)

// localTree is the directory that an export writes into. os.Root makes sure that nothing outside it is reached, even if
// somebody puts a symbolic link in the way meanwhile.
type localTree struct {
	root      *os.Root
	overwrite bool
	made      bool // the directory itself was created
	partials  int  // how many files were begun, for their temporary names
	near      nearDir
}

// localDir is one directory of the tree. It knows the exact names of its entries. That is how it notices a name that the
// file system takes for the name of another entry: by case, by Unicode normal form or by a short form.
type localDir struct {
	rel   string
	names map[string]struct{}
}

func (d *localDir) has(name string) bool { _, ok := d.names[name]; return ok }

var (
	errOtherContents = errors.New("a file of that name exists with other contents (--overwrite replaces it)")
	errNotAFile      = errors.New("something other than a file exists under that name")
	errNotADirectory = errors.New("something other than a directory exists under that name")
)

func errAlias(name string) error {
	return fmt.Errorf("the file system takes %q for the name of another entry of this directory", name)
}

// openLocalTree opens the directory dir, and creates it if necessary.
func openLocalTree(dir string, overwrite bool) (*localTree, error) {
	_, err := os.Lstat(dir)
	made := errors.Is(err, fs.ErrNotExist)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &localTree{root: root, overwrite: overwrite, made: made, near: nearDir{root: root}}, nil
}

func (t *localTree) close() {
	t.near.leave()
	_ = t.root.Close() // only read from
}

// check implements destination.
func (t *localTree) check(name string) error { return checkLocalName(runtime.GOOS, name) }

// located replaces the path in an error with the one that the user knows.
func (t *localTree) located(rel string, err error) error {
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		pathErr.Path = filepath.Join(t.root.Name(), filepath.FromSlash(rel), filepath.FromSlash(pathErr.Path))
	}
	return err
}

// top implements destination.
func (t *localTree) top() (*localDir, bool, error) {
	d, _, err := t.openDir(".")
	return d, t.made, t.located("", err)
}

// openDir makes sure that the directory rel exists, and removes what a killed export has left in it.
func (t *localTree) openDir(rel string) (d *localDir, created bool, err error) {
	d = &localDir{rel: rel, names: make(map[string]struct{})}
	if rel != "." {
		switch err := t.root.Mkdir(rel, 0o755); {
		case err == nil:
			return d, true, nil
		case !errors.Is(err, fs.ErrExist):
			return nil, false, err
		}
	}
	info, err := t.root.Lstat(rel)
	if err != nil {
		return nil, false, err
	}
	if !info.IsDir() {
		return nil, false, errNotADirectory
	}
	entries, err := t.list(rel)
	if err != nil {
		return nil, false, err
	}
	for _, entry := range entries {
		if isLeftover(entry) {
			if err := t.root.Remove(path.Join(rel, entry.Name())); err != nil {
				return nil, false, err
			}
			continue
		}
		d.names[entry.Name()] = struct{}{}
	}
	return d, false, nil
}

func (t *localTree) list(rel string) ([]os.DirEntry, error) {
	f, err := t.root.Open(rel)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.ReadDir(-1)
}

// subDir implements destination.
func (t *localTree) subDir(parent *localDir, name string) (*localDir, bool, error) {
	rel := path.Join(parent.rel, name)
	d, created, err := t.openDir(rel)
	if err != nil {
		return nil, false, t.located("", err)
	}
	if !created && !parent.has(name) {
		return nil, false, errAlias(name)
	}
	parent.names[name] = struct{}{}
	return d, created, nil
}

// writeFile implements destination.
func (t *localTree) writeFile(d *localDir, name string, data []byte) (written bool, err error) {
	dir, err := t.near.enter(d.rel)
	if err != nil {
		return false, t.located("", err)
	}
	written, err = t.writeIn(dir, d, name, data)
	return written, t.located(d.rel, err)
}

func (t *localTree) writeIn(dir *os.Root, d *localDir, name string, data []byte) (written bool, err error) {
	info, err := dir.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, t.replace(dir, d, name, data, nil)
	case err != nil:
		return false, err
	case !d.has(name):
		return false, errAlias(name)
	case !info.Mode().IsRegular():
		return false, errNotAFile
	}
	same, err := holds(dir, name, info.Size(), data)
	switch {
	case err != nil:
		return false, err
	case same:
		return false, nil
	case !t.overwrite:
		return false, errOtherContents
	}
	return true, t.replace(dir, d, name, data, info)
}

// holds reports whether the file name of dir has exactly these contents.
func holds(dir *os.Root, name string, size int64, data []byte) (bool, error) {
	if size != int64(len(data)) {
		return false, nil
	}
	there, err := dir.ReadFile(name)
	return bytes.Equal(there, data), err
}

// replace writes a temporary file in the same directory and renames it, so that nobody sees a half-written file. there is
// the file that it replaces, or nil.
func (t *localTree) replace(dir *os.Root, d *localDir, name string, data []byte, there fs.FileInfo) (err error) {
	t.partials++
	temporary := partialPrefix + strconv.Itoa(os.Getpid()) + "-" + strconv.Itoa(t.partials)
	f, err := dir.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666) // less the umask
	if err != nil {
		return about(name, err)
	}
	_, err = f.Write(data)
	if err == nil && there != nil {
		err = f.Chmod(there.Mode().Perm()) // keep the mode: it may protect the file from others
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = dir.Rename(temporary, name)
	}
	if err != nil {
		return errors.Join(about(name, err), dir.Remove(temporary))
	}
	d.names[name] = struct{}{}
	return nil
}

// about replaces the name of the temporary file in an error with the name of the file that was to be written.
func about(name string, err error) error {
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		err = pathErr.Err
	}
	if linkErr := (*os.LinkError)(nil); errors.As(err, &linkErr) {
		err = linkErr.Err
	}
	return &fs.PathError{Op: "write", Path: name, Err: err}
}
