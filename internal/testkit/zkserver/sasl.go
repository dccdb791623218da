package zkserver

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// WithDigestMD5 lets clients authenticate by SASL's DIGEST-MD5 as these users, each with a password.
func WithDigestMD5(passwords map[string]string) Option {
	var b strings.Builder
	b.WriteString("org.apache.zookeeper.server.auth.DigestLoginModule required")
	for _, user := range slices.Sorted(maps.Keys(passwords)) {
		fmt.Fprintf(&b, "\n    user_%s=%s", user, jaasText(passwords[user]))
	}
	b.WriteByte(';')
	return WithJAAS(b.String())
}

// jaasText quotes a text for a JAAS configuration.
func jaasText(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// WithJAAS lets clients authenticate by SASL with these login modules of the section Server of a JAAS configuration.
func WithJAAS(modules string) Option { return func(o *options) { o.jaas = modules } }

// WithRequiredSASL has the server serve only clients that have authenticated by SASL (ZOOKEEPER-1634).
func WithRequiredSASL() Option { return WithConfig("sessionRequireClientSASLAuth", "true") }

// WithEnforcedAuth has the server serve only clients that have authenticated by one of these schemes (ZOOKEEPER-3561).
func WithEnforcedAuth(schemes ...string) Option {
	return func(o *options) {
		WithConfig("enforce.auth.enabled", "true")(o)
		WithConfig("enforce.auth.schemes", strings.Join(schemes, ","))(o)
	}
}

func (s *Server) jaasFile() string { return filepath.Join(s.dir, "jaas.conf") }
