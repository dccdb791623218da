package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
)

const (
	// fileBuffer is how much replaceFile gathers for one write.
	fileBuffer = 64 << 10
	fileMode   = 0o644
)

// replaceFile has write make a file beside the one of that name, and gives it the name when it is whole.
func replaceFile(name string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".partial-*")
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(f, fileBuffer)
	if err = write(b); err == nil {
		err = errors.Join(b.Flush(), f.Chmod(fileMode))
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
