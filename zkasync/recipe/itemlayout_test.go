package recipe

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// The names are those that kazoo 2.8.0 and Curator 5.4.0 create.
func TestQueueLayout_Names(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		layout   QueueLayout
		priority int
		want     string // "": refused
	}{
		{KazooLockingQueue(), 0, "entry-000-"},
		{KazooLockingQueue(), 999, "entry-999-"},
		{KazooLockingQueue(), 1000, ""},
		{KazooQueue(), -1, ""},
		{KazooQueue(), 5, "entry-005-"},
		{CuratorQueue(""), 5, "queue-100000005"},
		{CuratorQueue(""), -5, "queue-0FFFFFFFB"},
		{CuratorQueue(""), 1 << 31, ""},
		{CuratorQueue(""), -1<<31 - 1, ""},
	} {
		got, err := test.layout.ranked(test.priority)
		if got != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%v, priority %d: %q, %v, want %q", test.layout, test.priority, got, err, test.want)
		}
	}
	for want, l := range map[string]QueueLayout{"entry-100-": KazooQueue(), "queue-": CuratorQueue(""), "qn-": CuratorSimpleQueue(), "": CuratorIDQueue("")} {
		if got, err := l.plain(); got != want || (err == nil) != (want != "") {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
	}
	if got, err := CuratorDelayQueue("").due(time.UnixMilli(4000000000000)); got != "queue-|3A352944000|" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := CuratorIDQueue("").named("my/id|1"); got != "queue-|my_id_1|" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	for what, f := range map[string]func() (string, error){
		"a time before 1970":    func() (string, error) { return CuratorDelayQueue("").due(time.UnixMilli(-1)) },
		"a time":                func() (string, error) { return CuratorQueue("").due(time.Now()) },
		"an empty id":           func() (string, error) { return CuratorIDQueue("").named("") },
		"an id":                 func() (string, error) { return KazooQueue().named("a") },
		"a priority of a delay": func() (string, error) { return CuratorDelayQueue("").ranked(1) },
		"a priority of an id":   func() (string, error) { return CuratorIDQueue("").ranked(1) },
		"a priority":            func() (string, error) { return CuratorSimpleQueue().ranked(1) },
	} {
		if got, err := f(); err == nil {
			t.Errorf("%s is accepted: %q", what, got)
		}
	}
}

func TestQueueLayout_Order(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		layout      QueueLayout
		names, want string
	}{
		{KazooQueue(), "entry-100-0000000002 entry-100-0000000001 entry-099-0000000003", "entry-099-0000000003 entry-100-0000000001 entry-100-0000000002"},
		{KazooQueue(), "entry-100--2147483648 entry-100-2147483647", "entry-100-2147483647 entry-100--2147483648"},
		{KazooQueue(), "entry-100- entry-10-0000000001 entry-100-000000001 x entry-abc-0000000001 entries entry-100-00000000a1 queue-0000000001", ""},
		{CuratorQueue(""), "queue-0000000002 queue-0000000001 queue--2147483648", "queue-0000000001 queue-0000000002 queue--2147483648"},
		{CuratorQueue(""), "queue-1000000050000000001 queue-0FFFFFFFB0000000002 queue-1000000040000000003", "queue-0FFFFFFFB0000000002 queue-1000000040000000003 queue-1000000050000000001"},
		{CuratorQueue(""), "queue-|3A352944000|0000000000 queue-|id|0000000001 qn-0000000000 entry-100-0000000001 queue-20000000500000000010", ""},
		{CuratorDelayQueue(""), "queue-|3A352944000|2147483647 queue-|00000005|0000000002 queue-|3A352944000|-2147483648 queue-|FFFFFFFF|0000000003",
			"queue-|00000005|0000000002 queue-|FFFFFFFF|0000000003 queue-|3A352944000|2147483647 queue-|3A352944000|-2147483648"},
		{CuratorDelayQueue(""), "queue-0000000000 queue-|x|0000000001 queue-||0000000001 queue-|-1|0000000001 queue-|1|2|0000000001 queue-|FFFFFFFFFFFFFFFF|0000000001", ""},
		{CuratorIDQueue(""), "queue-|b|0000000001 queue-|a|0000000002 queue-0000000000 queue-||0000000000 queue-|a|b|0000000000", "queue-|b|0000000001 queue-|a|0000000002"},
		{CuratorSimpleQueue(), "qn-0000000002 qn-0000000001 queue-0000000000 qn-a0000000000", "qn-0000000001 qn-0000000002"},
	} {
		var got []string
		for _, item := range test.layout.order(strings.Fields(test.names)) {
			got = append(got, item.name)
		}
		if !slices.Equal(got, strings.Fields(test.want)) {
			t.Errorf("%s: %q, want %s", test.names, got, test.want)
		}
	}
}

func TestQueueLayout_CuratorsEncoding(t *testing.T) {
	t.Parallel()
	l := CuratorQueue("")
	if got := string(l.encode([]byte("item"))); got != "\x00\x01\x00\x01\x01\x00\x00\x00\x04item\x02" {
		t.Errorf("encoded %q", got)
	}
	for data, want := range map[string]string{
		"\x00\x01\x00\x01\x01\x00\x00\x00\x04item\x02":                   "item",
		"\x00\x01\x00\x01\x01\x00\x00\x00\x01a\x01\x00\x00\x00\x01b\x02": "a,b",
		"\x00\x01\x00\x01\x01\x00\x00\x00\x00\x02":                       "",
	} {
		if got, err := l.decode([]byte(data)); err != nil || joined(got) != want {
			t.Errorf("%q: %q, %v, want %q", data, got, err, want)
		}
	}
	for _, data := range []string{"", "item", "\x00\x01\x00\x01", "\x00\x01\x00\x01\x02", "\x00\x01\x00\x02\x02", "\x00\x01\x00\x01\x03",
		"\x00\x01\x00\x01\x01\x00\x00\x00\x05item\x02", "\x00\x01\x00\x01\x01\xff\xff\xff\xff", "\x00\x01\x00\x01\x01\x00\x00\x00\x04item", "\x00\x01\x00\x01\x01\x00\x00"} {
		if got, err := l.decode([]byte(data)); err == nil {
			t.Errorf("%q is taken for %q", data, got)
		}
	}
}

func joined(values [][]byte) string {
	var all []string
	for _, v := range values {
		all = append(all, string(v))
	}
	return strings.Join(all, ",")
}

// If data can be decoded, encoding the values again gives the same bytes.
func FuzzQueueLayout_Decode(f *testing.F) {
	l := CuratorQueue("")
	f.Add([]byte("\x00\x01\x00\x01\x01\x00\x00\x00\x01a\x01\x00\x00\x00\x01b\x02"))
	f.Add(l.encode([]byte("item")))
	f.Fuzz(func(t *testing.T, data []byte) {
		values, err := l.decode(data)
		if err != nil {
			return
		}
		again := data[:4:4]
		for _, v := range values {
			one := l.encode(v)
			again = append(again, one[4:len(one)-1]...)
		}
		if !strings.HasPrefix(string(data), string(again)) {
			t.Errorf("%q is decoded to %q", data, values)
		}
	})
}
