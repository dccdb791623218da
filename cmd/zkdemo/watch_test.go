package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

func TestWatch_FollowsEveryKindOfChange(t *testing.T) {
	t.Parallel()
	server, c := place(t)
	w := start(t, "watch", "/w", server)
	w.out.await(t, "absent")
	for _, step := range []struct {
		do   func() error
		says string
	}{
		{func() error { _, err := c.Create(t.Context(), "/w", []byte("one")).Get(t.Context()); return err }, `created        version 0, 3 B: "one"`},
		{func() error {
			_, err := c.Set(t.Context(), "/w", []byte("two"), zkasync.AnyVersion).Get(t.Context())
			return err
		}, `data           version 1, 3 B: "two"`},
		{func() error { _, err := c.Create(t.Context(), "/w/kid", nil).Get(t.Context()); return err }, "child added    kid"},
		{func() error {
			_, err := c.Delete(t.Context(), "/w/kid", zkasync.AnyVersion).Get(t.Context())
			return err
		}, "child removed  kid"},
		{func() error {
			_, err := c.Delete(t.Context(), "/w", zkasync.AnyVersion).Get(t.Context())
			return err
		}, "deleted        /w"},
		{func() error { _, err := c.Create(t.Context(), "/w", []byte("anew")).Get(t.Context()); return err }, `created        version 0, 4 B: "anew"`},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		w.out.await(t, step.says)
	}
	r := w.interrupt(t).expect(t, exitInterrupted)
	says(t, r.err, "interrupted")
	if n := strings.Count(r.out, "\n"); n != 7 {
		t.Errorf("%d lines, want 7:\n%s", n, r.out)
	}
}

func TestWatch_EndsAfterTheCountAndPrintsJSON(t *testing.T) {
	t.Parallel()
	server, c := place(t)
	for _, path := range []string{"/w", "/w/a", "/w/b"} {
		if _, err := c.Create(t.Context(), path, nil).Get(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	w := start(t, "watch", "/w", server, "--json", "--count", "2")
	w.out.await(t, `"children":2`)
	if _, err := c.Create(t.Context(), "/w/c", nil).Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.out.await(t, `"path":"/w/c"`)
	if _, err := c.Set(t.Context(), "/w", []byte("x"), zkasync.AnyVersion).Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := w.end(t).expect(t, exitOK)
	var kinds []string
	for line := range strings.Lines(r.out) {
		var ch change
		if err := json.Unmarshal([]byte(line), &ch); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		kinds = append(kinds, ch.Change)
	}
	if got := strings.Join(kinds, ", "); got != "there, there, child added, data" {
		t.Errorf("changes: %s", got)
	}
}

func TestWatch_FollowsATree(t *testing.T) {
	t.Parallel()
	zkserver.Needs(t, "3.6", "persistent watches, which watch -r uses")
	server, c := place(t)
	w := start(t, "watch", "-r", "/", server, "--count", "4")
	w.out.await(t, "watching       / and everything below it")
	for _, step := range []func() error{
		func() error {
			_, err := c.Create(t.Context(), "/a/b", []byte("one"), zkasync.MakeParents()).Get(t.Context())
			return err
		},
		func() error {
			_, err := c.Set(t.Context(), "/a/b", []byte("two"), zkasync.AnyVersion).Get(t.Context())
			return err
		},
		func() error {
			_, err := c.Delete(t.Context(), "/a/b", zkasync.AnyVersion).Get(t.Context())
			return err
		},
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	r := w.end(t).expect(t, exitOK)
	var seen []string
	for line := range strings.Lines(r.out) {
		seen = append(seen, strings.Join(strings.Fields(line)[1:3], " "))
	}
	if got := strings.Join(seen, ", "); got != "watching /, created /a, created /a/b, data /a/b, deleted /a/b" {
		t.Errorf("changes: %s", got)
	}
}

func TestNamesText_StaysShort(t *testing.T) {
	t.Parallel()
	if got := namesText(nil); got != "0 children" {
		t.Errorf("none: %q", got)
	}
	if got := namesText(strings.Split("abcdefghijkl", "")); got != "12 children: a, b, c, d, e, f, g, h, …" {
		t.Errorf("many: %q", got)
	}
}
