package serve

import (
	"crypto/tls"
	"fmt"
	"slices"

	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/acl"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/history"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/jute"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/sasl"
)

// receiveAuth processes a credential.
func (c *conn) receiveAuth(xid int32, body []byte) {
	d := jute.Decoder{Body: body}
	d.Int32() // a type, always 0
	scheme := d.Text()
	credential := d.Buffer()
	if d.Bad {
		c.hangUp()
		return
	}
	if names := c.srv.w.cfg.EnsembleNames; scheme.S == acl.Ensemble && len(names) > 0 {
		c.receiveEnsemble(xid, names, jute.TextOf(credential))
		return
	}
	if c.authenticate(scheme.S, credential) {
		c.replyAhead(xid, wire.CodeOK)
		return
	}
	c.replyAhead(xid, wire.CodeAuthFailed)
	c.hangUp()
}

// receiveEnsemble processes the name of the ensemble to which a client believes to be connected (EnsembleAuthenticationProvider).
func (c *conn) receiveEnsemble(xid int32, names []string, name string) {
	if name != "" && !slices.Contains(names, name) {
		c.drop() // without an answer: after one, the client would give up instead of going to another server
		return
	}
	c.replyAhead(xid, wire.CodeOK)
}

// authenticate adds the ids that a credential proves to the connection. It returns false if it proves nothing.
func (c *conn) authenticate(scheme string, credential []byte) bool {
	switch scheme {
	case acl.Digest:
		if credential == nil {
			return false
		}
		id := acl.DigestID(jute.TextOf(credential))
		if super := c.srv.w.cfg.SuperDigest; super != "" && id == super {
			c.addID(acl.New(acl.Super, ""))
		}
		c.addID(acl.New(acl.Digest, id))
		return true
	case acl.IP:
		c.addID(acl.New(acl.IP, c.ip))
		return true
	default:
		return false
	}
}

// addID adds an id until the connection ends.
func (c *conn) addID(id acl.Identity) { c.ids = acl.With(c.ids, id) }

// receiveSASL processes a step of a SASL negotiation. As for credentials, the answer does not wait for earlier requests. If the
// server is not configured for SASL, it answers each step with null.
func (c *conn) receiveSASL(xid int32, body []byte) {
	d := jute.Decoder{Body: body}
	token := d.Buffer()
	if d.Bad || token == nil {
		c.hangUp()
		return
	}
	answer, err := c.saslStep(string(token))
	code := wire.CodeOK
	switch {
	case err == nil:
	case slices.Contains(c.srv.w.cfg.Demanded, acl.SASL):
		code = wire.CodeSASLRequired
	default:
		code = wire.CodeAuthFailed
	}
	start := c.begin(xid, 0, code)
	if answer == "" {
		c.pending = wire.AppendInt32(c.pending, jute.NullLength)
	} else {
		c.pending = wire.AppendString(c.pending, answer)
	}
	c.finishFrame(start)
	if err != nil {
		c.hangUp()
	}
}

// saslStep carries out a step of the negotiation: an empty token asks for the challenge, and the next one answers it.
func (c *conn) saslStep(token string) (answer string, err error) {
	users := c.srv.w.cfg.SASLUsers
	switch {
	case len(users) == 0:
		return "", nil
	case token == "":
		c.nonce = fmt.Sprintf("%016x%016x", history.Mix(uint64(c.number)), history.Mix(uint64(c.srv.w.Zxid())))
		return sasl.Challenge(c.nonce), nil
	}
	nonce := c.nonce
	c.nonce = ""
	user, proof, err := sasl.Check(users, nonce, token)
	if err != nil {
		return "", err
	}
	c.addID(acl.New(acl.SASL, user))
	return proof, nil
}

// secure carries out the handshake of a TLS connection, and adds the client's certificate to its ids. The caller must not hold the
// lock. A client that takes too long is cut off, like one that sends no connect request.
func (c *conn) secure() error {
	secured, ok := c.sock.(*tls.Conn)
	if !ok {
		return nil
	}
	if err := secured.Handshake(); err != nil {
		return err
	}
	w := c.srv.w
	w.Lock()
	defer w.Unlock()
	if peers := secured.ConnectionState().PeerCertificates; len(peers) > 0 {
		c.addID(acl.New(acl.X509, peers[0].Subject.String()))
	}
	return nil
}
