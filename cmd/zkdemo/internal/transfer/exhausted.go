package transfer

import (
	"errors"
	"io/fs"
	"syscall"
)

// exhausted are errors that the next file would meet as well: of the process, and of the file system that is written to. Told
// for each file, such a cause would be lost among thousands.
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

// plain takes the name of the system call out of an error, and leaves the path and why.
func plain(err error) error {
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		return errors.New(pathErr.Path + ": " + pathErr.Err.Error())
	}
	return err
}
