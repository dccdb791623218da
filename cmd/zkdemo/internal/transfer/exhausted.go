package transfer

import (
	"errors"
	"syscall"
)

// exhausted are errors of a file system or of the process that the next file would meet as well.
var exhausted = []error{
	syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS, syscall.EFBIG, syscall.EMFILE, syscall.ENFILE, syscall.EIO,
}

// endsAll reports whether err ends a transfer: told for each file, its cause would be lost among thousands.
func endsAll(err error) bool {
	for _, e := range exhausted {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
