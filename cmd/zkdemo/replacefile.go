package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	// fileBuffer is how many bytes are gathered for one write.
	fileBuffer = 64 << 10
	// newFileMode is reduced by the umask: ACLs may protect the data in ZooKeeper, so the user must be able to decide who may
	// read the file.
	newFileMode = 0o666
)

// replaceFile has write fill a new file in the same directory, and renames it to name when it is complete. If it replaces a
// file, it takes over the mode of that.
func replaceFile(name string, write func(io.Writer) error) error {
	f, err := createPartial(name)
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(writerFor{f, name}, fileBuffer)
	if err = write(b); err == nil {
		err = b.Flush()
	}
	if info, statErr := os.Lstat(name); err == nil && statErr == nil {
		err = errors.Join(notReplaceable(name, info), f.Chmod(info.Mode().Perm()))
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// writerFor is a file whose errors give its later name, since the user knows that one.
type writerFor struct {
	*os.File
	name string
}

func (w writerFor) Write(p []byte) (int, error) {
	n, err := w.File.Write(p)
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		err = &fs.PathError{Op: pathErr.Op, Path: w.name, Err: pathErr.Err}
	}
	return n, err
}

// createPartial creates a file beside name that no other process uses, with the mode that the umask allows.
func createPartial(name string) (*os.File, error) {
	for n := 0; ; n++ {
		partial := fmt.Sprintf("%s.partial-%d-%d", filepath.Base(name), os.Getpid(), n)
		f, err := os.OpenFile(filepath.Join(filepath.Dir(name), partial), os.O_WRONLY|os.O_CREATE|os.O_EXCL, newFileMode)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

// notReplaceable returns an error unless info describes a regular file: a device, a pipe or a link must not be replaced.
func notReplaceable(name string, info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s exists and is not a regular file", name)
	}
	return nil
}
