//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Nobody writes to the pipe that the one command reads, and nobody reads the pipe that the other writes to.
func TestProgram_CanBeInterruptedWhileItIsStuck(t *testing.T) {
	t.Parallel()
	server, c := place(t)
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Create(t.Context(), "/large", []byte(strings.Repeat("x", 900_000))).Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"reading": {"set", "/large", "--file", fifo, server},
		"writing": {"get", "/large", server},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd, _, _ := program(t, args...)
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			for tick := time.NewTicker(200 * time.Millisecond); ; {
				select {
				case <-ended:
					if code := cmd.ProcessState.ExitCode(); code != exitInterrupted && code != -1 {
						t.Errorf("exit code %d, want %d", code, exitInterrupted)
					}
					return
				case <-tick.C:
					// The first signals may come before the program handles them. Once it does, one must be enough.
					if cmd.Process.Signal(os.Interrupt) == nil {
						tick.Reset(10 * time.Second)
					}
				}
			}
		})
	}
}

// ACLs may protect the data in ZooKeeper, so the umask must decide who may read the copy; a replaced file keeps its mode.
func TestExport_KeepsModes(t *testing.T) {
	server, c := place(t)
	if _, err := c.EnsurePath(t.Context(), "/e/f").Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	dir := t.TempDir()
	archive, tree := filepath.Join(dir, "a.tar"), filepath.Join(dir, "tree")
	wantMode := func(name string, want os.FileMode) {
		t.Helper()
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: mode %v, want %v (%v)", name, info.Mode(), want, err)
		}
	}
	zkdemo(t, "export", "/e", archive, "--tar", "-q", server).expect(t, exitOK)
	zkdemo(t, "export", "/e", tree, "-q", server).expect(t, exitOK)
	wantMode(archive, 0o600)
	wantMode(filepath.Join(tree, "f"), 0o600)
	syscall.Umask(0o022)
	if _, err := c.Set(t.Context(), "/e/f", []byte("new"), -1).Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	zkdemo(t, "export", "/e", archive, "--tar", "--overwrite", "-q", server).expect(t, exitOK)
	zkdemo(t, "export", "/e", tree, "--overwrite", "-q", server).expect(t, exitOK)
	wantMode(archive, 0o600)
	wantMode(filepath.Join(tree, "f"), 0o600)
}

// A pipe, a link and a device must not be replaced by a file.
func TestExport_ReplacesFilesOnly(t *testing.T) {
	t.Parallel()
	server, c := place(t)
	if _, err := c.EnsurePath(t.Context(), "/e/f").Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	fifo, link, target := filepath.Join(dir, "fifo"), filepath.Join(dir, "link"), filepath.Join(dir, "target")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(target, []byte("kept"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{fifo, link, os.DevNull} {
		says(t, zkdemo(t, "export", "/e", name, "--tar", "--overwrite", "-q", server).expect(t, exitUsage).err, "not a regular file")
		if info, err := os.Lstat(name); err != nil || info.Mode().IsRegular() {
			t.Errorf("%s was replaced: %v", name, err)
		}
	}
	r := zkdemo(t, "export", "/e", "-", "--tar", "-q", server).expect(t, exitOK)
	if !strings.Contains(r.out, "ustar") || strings.Contains(r.out, "exported") {
		t.Errorf("standard output of %d bytes is no archive, or has more than that in it", len(r.out))
	}
	if _, err := os.Lstat("-"); err == nil {
		t.Error("a file named - was made")
	}
}

// Another export into the same directory may be running.
func TestExport_LeavesThePartialFilesOfOthers(t *testing.T) {
	t.Parallel()
	server, c := place(t)
	if _, err := c.EnsurePath(t.Context(), "/e/f").Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	living, dead := filepath.Join(dir, ".zkdemo.partial-1-1"), filepath.Join(dir, ".zkdemo.partial-999999999-1")
	for _, name := range []string{living, dead} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	zkdemo(t, "export", "/e", dir, "-q", server).expect(t, exitOK)
	if _, err := os.Stat(living); err != nil {
		t.Errorf("the partial file of a running process: %v", err)
	}
	if _, err := os.Stat(dead); err == nil {
		t.Error("the partial file of a process that has ended is left")
	}
}
