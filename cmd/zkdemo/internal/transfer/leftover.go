package transfer

import (
	"os"
	"strconv"
	"strings"
)

// isLeftover reports whether an entry is what an export that was killed has left: a file under a temporary name whose
// process is no more. Another export into the same directory may be at work.
func isLeftover(entry os.DirEntry) bool {
	rest, ok := strings.CutPrefix(entry.Name(), partialPrefix)
	if !ok || !entry.Type().IsRegular() {
		return false
	}
	digits, _, _ := strings.Cut(rest, "-")
	pid, err := strconv.Atoi(digits)
	return err != nil || pid == os.Getpid() || !isRunning(pid)
}
