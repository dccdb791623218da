package zkasync

import (
	"errors"
	"fmt"

	"github.com/zkasync/zkasync-go/internal/login"
	"github.com/zkasync/zkasync-go/zkasync/sasl"
)

// WithSASL makes the client authenticate by SASL at the start of each connection, before its credentials, its watches and
// anything that waits to be sent (kazoo: sasl_options). Package sasl has the mechanism [sasl.DigestMD5], for users with passwords;
// the module github.com/zkasync/zkasync-go/zkasync/krb5 has GSSAPI, for Kerberos; and a [sasl.Mechanism] may be one of your own.
// The client then has an identity of the scheme "sasl" as well as those of [WithAuth] and of its address.
//
// If the server or the mechanism refuses, the state becomes AuthFailed with the reason, as with a rejected credential, and so does
// what waits: the client must be restarted. A connection that is lost meanwhile is a loss like any other. The conversation may take two
// thirds of the session timeout, since nothing else is sent before it ends, not even a heartbeat; then the next server is tried.
//
// The functions of a mechanism run on a goroutine of their own. Of several WithSASL, the last counts.
func WithSASL(m sasl.Mechanism) Option {
	return Option{func(cfg *config) error {
		if m == nil {
			return errors.New("sasl mechanism is nil")
		}
		l := &login.Login{Name: printable(m.Name()), Mechanism: m, Call: cfg.calls.do}
		if c, ok := m.(interface{ Check() error }); ok {
			if err := c.Check(); err != nil {
				return fmt.Errorf("sasl mechanism %s: %w", l.Name, err)
			}
		}
		cfg.login = l
		return nil
	}}
}
