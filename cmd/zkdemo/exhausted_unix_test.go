//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// limited runs this test binary as zkdemo under a ulimit.
func limited(t *testing.T, limit string, args ...string) result {
	t.Helper()
	script := "ulimit " + limit + ` && exec "$0" "$@"`
	cmd := exec.CommandContext(t.Context(), "sh", append([]string{"-c", script, os.Args[0]}, args...)...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return result{exitCodeOf(t, cmd), out.String(), errs.String()}
}

// An error that every other file would meet too ends the transfer. Its message names the cause once, and no temporary file.
func TestTransfer_EndsWithAnErrorThatEveryFileWouldMeet(t *testing.T) {
	t.Parallel()
	server, _ := place(t)
	from := t.TempDir()
	for i := range 100 {
		if err := os.WriteFile(filepath.Join(from, fmt.Sprintf("f%d", i)), []byte(strings.Repeat("x", 10_000)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	zkdemo(t, "import", from, "/x", server).expect(t, exitOK)
	into := t.TempDir()
	var descriptors []string // limits in ascending order, until one is enough to get to the files
	for n := 6; n < 40; n++ {
		descriptors = append(descriptors, fmt.Sprintf("-n %d", n))
	}
	for name, tc := range map[string]struct {
		limits []string
		args   []string
		cause  string
	}{
		"files that are too large":   {[]string{"-f 8"}, []string{"export", "/x", filepath.Join(into, "large")}, "file too large"},
		"archive that is too large":  {[]string{"-f 8"}, []string{"export", "/x", filepath.Join(into, "large.tar"), "--tar"}, "file too large"},
		"export without descriptors": {descriptors, []string{"export", "/x", filepath.Join(into, "none")}, "too many open files"},
		"import without descriptors": {descriptors, []string{"import", from, "/y"}, "too many open files"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var r result
			for _, limit := range tc.limits {
				r = limited(t, limit, append(tc.args, server, "--timeout=5s")...)
				if strings.Contains(r.out+r.err, "unfinished") || r.code == exitOK {
					break
				}
			}
			r.expect(t, exitFailed)
			said := regexp.MustCompile(`(?m)^zkdemo: .*` + tc.cause + `$`)
			if n := strings.Count(r.out+r.err, tc.cause); n > 2 || !said.MatchString(r.err) {
				t.Errorf("the cause is named %d times\n%s%s", n, r.out, r.err)
			}
			if strings.Contains(r.out+r.err, "partial") || strings.Contains(r.out+r.err, into+into) {
				t.Errorf("a path that the user does not know\n%s%s", r.out, r.err)
			}
		})
	}
}
