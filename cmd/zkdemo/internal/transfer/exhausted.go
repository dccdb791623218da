package transfer

import (
	"errors"
	"io/fs"
	"syscall"
)

// Errors that every other file would meet as well, because of the process or of the file system that is written to. They end
// the transfer: thousands of identical reports would only hide the cause.
var (
	exhaustedProcess = []error{syscall.EMFILE, syscall.ENFILE}
	exhaustedTarget  = []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS, syscall.EFBIG, syscall.EIO, errArchive}
)

func isAny(err error, of []error) bool {
	for _, e := range of {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// plain removes the name of the system call from an error, and keeps the path and the cause.
func plain(err error) error {
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		return errors.New(pathErr.Path + ": " + pathErr.Err.Error())
	}
	return err
}
