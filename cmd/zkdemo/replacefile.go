package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
)

// fileBuffer is how much replaceFile gathers for one write.
const fileBuffer = 64 << 10

// replaceFile has write make a file beside the one of that name, and gives it the name when it is whole.
func replaceFile(name string, write func(io.Writer) error) error {
	partial := fmt.Sprintf("%s.partial-%d", name, os.Getpid())
	f, err := os.OpenFile(partial, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(f, fileBuffer)
	if err = write(b); err == nil {
		err = b.Flush()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(partial, name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(partial))
	}
	return nil
}
