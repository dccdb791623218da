package recipe

import (
	"slices"
	"testing"
)

func TestRole_FindsWhoIsAhead(t *testing.T) {
	t.Parallel()
	const own = "_c_11111111-2222-4333-8444-555555555555-lock-0000000005"
	for _, tc := range []struct {
		name     string
		children []string
		ahead    string
	}{
		{"alone", nil, ""},
		{"behind the nearest", []string{"a-lock-0000000003", "z-lock-0000000004", "b-lock-0000000006"}, "z-lock-0000000004"},
		{"kazoo's", []string{"0123456789abcdef0123456789abcdef__lock__0000000004"}, "0123456789abcdef0123456789abcdef__lock__0000000004"},
		{"a reader of Curator's", []string{"_c_x-__READ__0000000004"}, "_c_x-__READ__0000000004"},
		{"a reader of kazoo's", []string{"ab__rlock__0000000004"}, "ab__rlock__0000000004"},
		{"go-zookeeper's", []string{"_c_0123456789abcdef0123456789abcdef-lock-0000000000"}, "_c_0123456789abcdef0123456789abcdef-lock-0000000000"},
		{"strangers", []string{"readme", "lock-", "lock-4", "x-0000000004", "lock-00000000004", "latch-0000000004", "lock-000000000x"}, ""},
		{"a name twice", []string{"lock-0000000001-lock-0000000004"}, "lock-0000000001-lock-0000000004"},
	} {
		ahead, found := Curator.mutex().ahead(append(tc.children, own), own)
		if ahead != tc.ahead || !found {
			t.Errorf("%s: %q, %v, want %q", tc.name, ahead, found, tc.ahead)
		}
	}
	if _, found := Curator.mutex().ahead([]string{"a-lock-0000000003"}, own); found {
		t.Error("found in a queue that it is not in")
	}
}

// After the largest number, the server goes on with negative ones.
func TestRole_NumbersGoRound(t *testing.T) {
	t.Parallel()
	queue := []string{"a-lock-2147483646", "a-lock-2147483647", "a-lock--2147483648", "a-lock--2147483647", "a-lock--000000001", "a-lock-0000000000"}
	role := Curator.mutex()
	for i, own := range queue[:4] {
		ahead, found := role.ahead(queue[:4], own)
		if want := append([]string{""}, queue...)[i]; ahead != want || !found {
			t.Errorf("%s: %q is ahead, want %q", own, ahead, want)
		}
	}
	if ahead, _ := role.ahead(queue[4:], queue[5]); ahead != queue[4] {
		t.Errorf("%q is ahead of 0", ahead)
	}
	var names []string
	for _, c := range role.queue([]string{queue[3], queue[0], queue[2], "other", queue[1]}) {
		names = append(names, c.name)
	}
	if !slices.Equal(names, queue[:4]) {
		t.Errorf("order %q", names)
	}
}

func TestRole_ReadersWaitForWriters(t *testing.T) {
	t.Parallel()
	queue := []string{"a-__READ__0000000001", "b-__WRIT__0000000002", "c-__READ__0000000003", "d-__READ__0000000004", "e-__WRIT__0000000005"}
	for own, want := range map[string]string{queue[0]: "", queue[2]: queue[1], queue[3]: queue[1]} {
		if ahead, _ := Curator.read().ahead(queue, own); ahead != want {
			t.Errorf("reader %s waits for %q, want %q", own, ahead, want)
		}
	}
	for own, want := range map[string]string{queue[1]: queue[0], queue[4]: queue[3]} {
		if ahead, _ := Curator.write().ahead(queue, own); ahead != want {
			t.Errorf("writer %s waits for %q, want %q", own, ahead, want)
		}
	}
}
