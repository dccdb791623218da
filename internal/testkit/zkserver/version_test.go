package zkserver

import (
	"fmt"
	"strings"
	"testing"
)

func TestRelease_Since(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		is    string
		since []string
		want  bool
	}{
		{"3.5.10", []string{"3.6"}, false},
		{"3.6.0", []string{"3.6"}, true},
		{"3.10.0-SNAPSHOT", []string{"3.9.5"}, true},
		{"3.9.5", []string{"3.10"}, false},
		{"4.0.0", []string{"3.10.1"}, true},
		{"3.7.2", []string{"3.8.4", "3.9.2"}, false},
		{"3.8.3", []string{"3.8.4", "3.9.2"}, false},
		{"3.8.4", []string{"3.8.4", "3.9.2"}, true},
		{"3.9.1", []string{"3.8.4", "3.9.2"}, false},
		{"3.9.2", []string{"3.8.4", "3.9.2"}, true},
		{"3.10.0", []string{"3.8.4", "3.9.2"}, true},
	} {
		r, err := parseRelease(tt.is)
		must(t, err)
		got, err := r.since(tt.since)
		must(t, err)
		if got != tt.want {
			t.Errorf("%s is since %q: %v, want %v", tt.is, tt.since, got, tt.want)
		}
	}
}

func TestRelease_RefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "3", "3.6.1.2", "3.x", "3.-1", "v3.6", "3..1"} {
		if _, err := parseRelease(text); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", text)) {
			t.Errorf("release %q: %v", text, err)
		}
	}
	if _, err := (release{3, 8, 0}).since(nil); err == nil {
		t.Error("since no release at all, and no error")
	}
	for _, answer := range []string{"", "This ZooKeeper instance is not currently serving requests\n"} {
		if r, err := releaseOf(answer); err == nil {
			t.Errorf("%q is of release %v", answer, r)
		}
	}
}

func TestServer_Version(t *testing.T) {
	t.Parallel()
	s := Shared(t)
	srvr, err := s.FourLetter(testContext(t), "srvr")
	must(t, err)
	if s.Version() == "0.0.0" || !strings.Contains(srvr, "version: "+s.Version()) {
		t.Errorf("version %s of the server that says\n%s", s.Version(), srvr)
	}
	if !s.Since("3.4") || s.Since("99.0") {
		t.Errorf("since 3.4: %v, since 99.0: %v", s.Since("3.4"), s.Since("99.0"))
	}
}

// skipper is a TB that records a skip.
type skipper struct {
	*testing.T
	why string
}

func (s *skipper) Skipf(format string, args ...any) { s.why = fmt.Sprintf(format, args...) }

func TestNeeds_SkipsWithTheReason(t *testing.T) {
	t.Parallel()
	s := &skipper{T: t}
	Needs(s, "3.4", "sessions")
	if s.why != "" {
		t.Errorf("skipped: %s", s.why)
	}
	Needs(s, "99.0", "flying znodes")
	for _, want := range []string{Shared(t).Version(), "flying znodes", "99.0"} {
		if !strings.Contains(s.why, want) {
			t.Errorf("the reason %q does not name %q", s.why, want)
		}
	}
}
