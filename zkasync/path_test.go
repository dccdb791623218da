package zkasync

import (
	"errors"
	"testing"

	"github.com/go-zookeeper/zk"
)

func TestCheckPath(t *testing.T) {
	t.Parallel()
	valid := []string{
		"/", "/a", "/a/b", "/a b", "/...", "/a.", "/.a", "/a/..b", "/ä/日本", "/\uf8ff", "/\ufff0", "/\uffff", "/\u00a0",
	}
	for _, path := range valid {
		if err := checkPath(path); err != nil {
			t.Errorf("%q: %v", path, err)
		}
	}
	invalid := []string{
		"", "a", "a/b", "/a/", "//", "/a//b", "/.", "/..", "/a/.", "/a/../b", "/./a", "/ä/..", "/ä//b",
		"/\x00", "/a\x1f", "/\x7f", "/\u0085", "/\ue000", "/\uf000", "/\ufff1", "/\ufffe", "/\U0001f600", "/\xff", "/a\xc3",
	}
	for _, path := range invalid {
		if err := checkPath(path); !errors.Is(err, zk.ErrInvalidPath) {
			t.Errorf("%q: %v, want %v", path, err, zk.ErrInvalidPath)
		}
	}
	if err := checkSequentialPath("/a/"); err != nil {
		t.Errorf(`sequential "/a/": %v`, err)
	}
	if err := checkSequentialPath("//"); err == nil {
		t.Error(`sequential "//" is accepted`)
	}
}
