package zkasync

import (
	"bytes"
	"errors"
	"slices"
	"sync"

	"github.com/zkasync/zkasync-go/internal/wire"
)

// credential proves the client's identity.
type credential struct {
	scheme  string
	secret  []byte
	suspect *suspicion // of its restorations
}

func checkCredential(scheme string, secret []byte) error {
	switch {
	case scheme == "":
		return errors.New("scheme is empty")
	case scheme == schemeWorld && len(secret) > 0 && string(secret) != "anyone":
		return errors.New(`the only credential of scheme world is "anyone"`)
	case scheme == "digest" && bytes.IndexByte(secret, ':') < 1:
		return errors.New(`a credential of scheme digest is "user:password"`)
	}
	return nil
}

// schemeWorld stands for everybody. Servers know it only in ACLs and would end the connection at such a request, so
// nothing is sent for it.
const schemeWorld = "world"

func newCredential(scheme string, secret []byte) credential {
	return credential{scheme, bytes.Clone(secret), new(suspicion)}
}

// size returns the length of the request that sends the credential.
func (c *credential) size() int { return 12 + len(c.scheme) + len(c.secret) }

func (c *credential) append(b []byte) []byte { return wire.AppendAuth(b, c.scheme, c.secret) }

// what names the operation and the scheme, for errors.
func (c *credential) what() string { return wire.OpSetAuth.String() + " " + printable(c.scheme) }

// credentials are what is sent first on every connection.
type credentials struct {
	mu   sync.Mutex
	list []credential
}

func (s *credentials) add(c credential) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := slices.ContainsFunc(s.list, func(k credential) bool {
		return k.scheme == c.scheme && bytes.Equal(k.secret, c.secret)
	})
	if !known {
		s.list = append(s.list, c)
	}
}

func (s *credentials) all() []credential {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.list)
}
