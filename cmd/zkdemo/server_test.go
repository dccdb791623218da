package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The server loads a directory, serves until it is interrupted, and saves its data to another directory.
func TestServer_LoadsServesAndSaves(t *testing.T) {
	t.Parallel()
	load, save := t.TempDir(), filepath.Join(t.TempDir(), "after")
	if err := os.WriteFile(filepath.Join(load, "limit"), []byte("10"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := start(t, "server", "--listen", "127.0.0.1:0", "--load", load, "--save", save)
	r.out.await(t, "\n")
	addr := strings.TrimSpace(r.out.String())
	says(t, zkdemo(t, "--server", addr, "get", "/limit").expect(t, exitOK).out, "10")
	zkdemo(t, "--server", addr, "create", "/added", "new").expect(t, exitOK)
	says(t, r.interrupt(t).expect(t, exitOK).err, "memory only")
	for name, want := range map[string]string{"limit": "10", "added": "new"} {
		if got, err := os.ReadFile(filepath.Join(save, name)); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
