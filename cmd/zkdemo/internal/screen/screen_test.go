package screen

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestBytes_ChoosesTheUnit(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1536: "1.5 KiB", 1 << 20: "1.0 MiB", 3 << 30: "3.0 GiB"} {
		if got := Bytes(n); got != want {
			t.Errorf("Bytes(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestDuration_KeepsThreeDigits(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		750: "750 ns", 12_345: "12.3 µs", 4_560_000: "4.56 ms", 123_456_789: "123 ms", 1_200_000_000: "1.20 s", 90 * time.Second: "1m30s",
	} {
		if got := Duration(d); got != want {
			t.Errorf("Duration(%d) = %q, want %q", d, got, want)
		}
	}
}

func TestCount_GroupsDigits(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1234: "-1,234"} {
		if got := Count(n); got != want {
			t.Errorf("Count(%d) = %q, want %q", n, got, want)
		}
	}
	if got := Plural(1, "file", "files") + ", " + Plural(2000, "file", "files"); got != "1 file, 2,000 files" {
		t.Errorf("Plural: %q", got)
	}
}

func TestName_QuotesWhatCouldControlATerminal(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"plain name": "plain name", "ünï": "ünï", "a\x1b[31mb": `"a\x1b[31mb"`, "bidi\u202e": `"bidi\u202e"`} {
		if got := Name(name); got != want {
			t.Errorf("Name(%q) = %s, want %s", name, got, want)
		}
	}
}

func TestPreview_CutsAndMarksBinary(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]string{"hello": `"hello"`, "日本語テキスト": `"日本語テキ"…`, "\xff\x00": "0xff00", "\xff\x00\x01\x02": "0xff00…"} {
		if got := Preview([]byte(data), 5); got != want {
			t.Errorf("Preview(%q) = %s, want %s", data, got, want)
		}
	}
}

func TestStyle_IsPlainAwayFromATerminal(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if got := StyleFor(&out).Bold("x") + StyleFor(&out).Bad("y"); got != "xy" {
		t.Errorf("style of a buffer marked the text: %q", got)
	}
	if got := (Style{on: true}).Bold("x"); !strings.Contains(got, "\x1b[1m") {
		t.Errorf("style that is on left the text plain: %q", got)
	}
	if got := Width(&out); got != 80 {
		t.Errorf("Width of a buffer = %d, want 80", got)
	}
}

func TestIsProse_TakesTextFiles(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]bool{"a\tb\r\n": true, "": true, "a\x1b": false, "\xff": false, "secret\rharmless": false} {
		if got := IsProse([]byte(data)); got != want {
			t.Errorf("IsProse(%q) = %v, want %v", data, got, want)
		}
	}
}
