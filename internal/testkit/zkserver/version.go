package zkserver

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// release is a release of ZooKeeper: major, minor and patch. A snapshot counts as
// the release that it will become.
type release [3]int

func (r release) String() string { return fmt.Sprintf("%d.%d.%d", r[0], r[1], r[2]) }

// branch returns the first release of the branch, such as 3.8.0 for 3.8.4.
func (r release) branch() release { return release{r[0], r[1], 0} }

func (r release) before(other release) bool {
	for i := range r {
		if r[i] != other[i] {
			return r[i] < other[i]
		}
	}
	return false
}

// parseRelease reads "3.6", "3.9.5" or "3.10.0-SNAPSHOT".
func parseRelease(text string) (r release, err error) {
	numbers, _, _ := strings.Cut(text, "-")
	parts := strings.Split(numbers, ".")
	if len(parts) < 2 || len(parts) > len(r) {
		return release{}, fmt.Errorf("zkserver: release %q is not like 3.6 or 3.9.5", text)
	}
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 16)
		if err != nil {
			return release{}, fmt.Errorf("zkserver: release %q is not like 3.6 or 3.9.5", text)
		}
		r[i] = int(n)
	}
	return r, nil
}

// releaseOf finds the release in the answer to "srvr", whose first line is
// "Zookeeper version: 3.9.5-revision, built on date".
func releaseOf(srvr string) (release, error) {
	line, _, _ := strings.Cut(srvr, "\n")
	_, text, found := strings.Cut(line, "version: ")
	if !found {
		return release{}, fmt.Errorf("no version in %q", line)
	}
	text, _, _ = strings.Cut(text, ",")
	return parseRelease(text)
}

// since reports whether r has a change that came with the given releases, at most
// one of each branch, oldest first. Later branches have it too.
func (r release) since(releases []string) (bool, error) {
	if len(releases) == 0 {
		return false, errors.New("zkserver: since which release?")
	}
	has := false
	for _, text := range releases {
		first, err := parseRelease(text)
		if err != nil {
			return false, err
		}
		if !r.branch().before(first.branch()) {
			has = !r.before(first)
		}
	}
	return has, nil
}

// Version returns the release of ZooKeeper that the server reports, such as "3.8.0".
// For a snapshot it is the release that it will become.
func (s *Server) Version() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.release.String()
}

// Since reports whether the server has what ZooKeeper has since a release, such as
// "3.6" or "3.9.2". For a change that came into several branches, give one release
// for each, the oldest first: Since("3.8.4", "3.9.2") is false for 3.9.1. Since
// panics if an argument is not a release.
func (s *Server) Since(releases ...string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	has, err := s.release.since(releases)
	if err != nil {
		panic(err)
	}
	return has
}

// Needs skips a test that can prove nothing on servers before a release, and says
// what they lack: Needs(t, "3.6", "persistent watches"). It starts and asks the server
// of Shared.
func Needs(tb interface {
	TB
	Skipf(format string, args ...any)
}, release, what string) {
	tb.Helper()
	if s := Shared(tb); !s.Since(release) {
		tb.Skipf("ZooKeeper %s has no %s: they came with %s", s.Version(), what, release)
	}
}
