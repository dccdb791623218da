package transfer

import (
	"os"
	"strconv"
	"strings"
)

// isLeftover reports whether an entry was left behind by an export that was killed: whether it is a temporary file, and the
// process in its name has ended. If that process is running, another export is writing into the same directory.
func isLeftover(entry os.DirEntry) bool {
	rest, ok := strings.CutPrefix(entry.Name(), partialPrefix)
	if !ok || !entry.Type().IsRegular() {
		return false
	}
	digits, _, _ := strings.Cut(rest, "-")
	pid, err := strconv.Atoi(digits)
	return err != nil || pid == os.Getpid() || !isRunning(pid)
}
