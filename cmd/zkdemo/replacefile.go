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
	// fileBuffer is how much replaceFile gathers for one write.
	fileBuffer = 64 << 10
	// newFileMode is what the umask leaves of it: who may read data that access control lists protect is the user's choice.
	newFileMode = 0o666
)

// replaceFile has write make a file beside the one of that name, and gives it the name when it is whole. A file that was
// there is replaced by one of the same mode.
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

// writerFor is a file whose errors name the one that it is to become.
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

// createPartial makes a file that nobody else has, with the mode that the umask allows.
func createPartial(name string) (*os.File, error) {
	for n := 0; ; n++ {
		partial := fmt.Sprintf("%s.partial-%d-%d", filepath.Base(name), os.Getpid(), n)
		f, err := os.OpenFile(filepath.Join(filepath.Dir(name), partial), os.O_WRONLY|os.O_CREATE|os.O_EXCL, newFileMode)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

// notReplaceable refuses what is no file: a device, a pipe or a link would be gone, and a file in its place.
func notReplaceable(name string, info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is there, and is not a regular file", name)
	}
	return nil
}
