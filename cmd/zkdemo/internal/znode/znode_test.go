package znode

import (
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestCheckName_FollowsTheServersRules(t *testing.T) {
	t.Parallel()
	good := []string{"a", "a.b", "...", ".hidden", "with space", "ünï", "日本", "back\\slash", "CON", "a:b", "\ufdcf", "x\ufeff"}
	for _, name := range good {
		if err := CheckName(name); err != nil {
			t.Errorf("CheckName(%q) = %v, want nil", name, err)
		}
	}
	bad := map[string]string{
		"": "empty", ".": "relative", "..": "relative", "a/b": "slash", "a\x00b": "U+0000", "\x1f": "U+001F", "\x7f": "U+007F",
		"\u009f": "U+009F", "\ue000": "U+E000", "\ufff0": "U+FFF0", "smile \U0001F600": "U+1F600", "\xff\xfe": "UTF-8",
	}
	for name, rule := range bad {
		if err := CheckName(name); err == nil || !strings.Contains(err.Error(), rule) {
			t.Errorf("CheckName(%q) = %v, want an error that names %q", name, err, rule)
		}
	}
}

func TestCheckPath_NamesTheRule(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/", "/a", "/a/b", "/a/.../b"} {
		if err := CheckPath(path); err != nil {
			t.Errorf("CheckPath(%q) = %v, want nil", path, err)
		}
	}
	bad := map[string]string{"": "empty", "a": "begins", "/a/": "end", "//a": "empty name", "/a//b": "empty name", "/a/../b": "relative"}
	for path, rule := range bad {
		if err := CheckPath(path); err == nil || !strings.Contains(err.Error(), rule) {
			t.Errorf("CheckPath(%q) = %v, want an error that names %q", path, err, rule)
		}
	}
}

func TestPath_JoinsAndSplits(t *testing.T) {
	t.Parallel()
	if got := Join(Root, "a"); got != "/a" {
		t.Errorf("Join(root, a) = %q", got)
	}
	if got := Join("/a", "b"); got != "/a/b" {
		t.Errorf("Join(/a, b) = %q", got)
	}
	for path, want := range map[string]string{"/": "/", "/a": "a", "/a/b": "b"} {
		if got := Base(path); got != want {
			t.Errorf("Base(%q) = %q, want %q", path, got, want)
		}
	}
	for path, want := range map[string]bool{"/zookeeper": true, "/zookeeper/quota": true, "/zookeepers": false, "/": false} {
		if got := IsSystem(path); got != want {
			t.Errorf("IsSystem(%q) = %v, want %v", path, got, want)
		}
	}
}
