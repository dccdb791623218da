package zkserver

import (
	"bytes"
	"io"
	"os"
	"strings"
	"sync"
)

// lockedWriter lets several servers write to one writer of the user.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// logTail returns the last lines of a server's log.
func logTail(path string, lines int) string {
	log, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimRight(string(log), "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// logSays reports whether the log contains text after an offset.
func logSays(path string, offset int64, text string) bool {
	log, err := os.ReadFile(path)
	return err == nil && int64(len(log)) > offset && bytes.Contains(log[offset:], []byte(text))
}
