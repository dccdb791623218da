package krb5

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/jcmturner/gofork/encoding/asn1"
	"github.com/jcmturner/gokrb5/v8/asn1tools"
	"github.com/jcmturner/gokrb5/v8/credentials"
	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/gssapi"
	"github.com/jcmturner/gokrb5/v8/iana/chksumtype"
	"github.com/jcmturner/gokrb5/v8/iana/flags"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/spnego"
	"github.com/jcmturner/gokrb5/v8/types"
)

// conversation is that of RFC 4752: the client's AP-REQ and the server's AP-REP, an empty response, then the server's offer of
// protections and the client's choice, which is none.
type conversation struct {
	request []byte
	auth    types.Authenticator
	key     types.EncryptionKey // of the session, then of what the server has proposed instead
	own     bool                // the server has
	step    int
}

// Flags of a wrap token (RFC 4121, 4.2.2).
const (
	sealed         = 0x02
	acceptorSubkey = 0x04
)

// begin prepares a conversation with the server that a ticket is for.
func begin(who *credentials.Credentials, ticket messages.Ticket, key types.EncryptionKey) (*conversation, error) {
	auth, err := types.NewAuthenticator(who.Domain(), who.CName())
	if err != nil {
		return nil, err
	}
	auth.Cksum = types.Checksum{CksumType: chksumtype.GSSAPI, Checksum: contextFlags(gssapi.ContextFlagMutual | gssapi.ContextFlagInteg)}
	req, err := messages.NewAPReq(ticket, key, auth)
	if err != nil {
		return nil, err
	}
	types.SetFlag(&req.APOptions, flags.APOptionMutualRequired)
	body, err := req.Marshal()
	if err != nil {
		return nil, err
	}
	oid, err := asn1.Marshal(gssapi.OIDKRB5.OID())
	if err != nil {
		return nil, err
	}
	token := append(append(oid, 0x01, 0x00), body...)
	return &conversation{request: asn1tools.AddASNAppTag(token, 0), auth: auth, key: key}, nil
}

// contextFlags is the checksum of an authenticator without channel bindings and delegation (RFC 4121, 4.1.1).
func contextFlags(set uint32) []byte {
	b := make([]byte, 24)
	binary.LittleEndian.PutUint32(b, 16)
	binary.LittleEndian.PutUint32(b[20:], set)
	return b
}

// Next implements sasl.Conversation.
func (c *conversation) Next(_ context.Context, challenge []byte) (response []byte, done bool, err error) {
	c.step++
	switch c.step {
	case 1:
		return c.request, false, nil
	case 2:
		return []byte{}, false, c.verify(challenge)
	case 3:
		response, err = c.choose(challenge)
		return response, false, err
	default:
		if len(challenge) > 0 {
			return nil, false, fmt.Errorf("the server has answered the choice of a protection with %d bytes, want none", len(challenge))
		}
		return nil, true, nil
	}
}

// verify looks at what proves that the server has the key of its principal.
func (c *conversation) verify(challenge []byte) error {
	if len(challenge) == 0 {
		return errors.New("the server does not offer GSSAPI: has it a JAAS configuration with a section Server?")
	}
	var token spnego.KRB5Token
	if err := token.Unmarshal(challenge); err != nil {
		return fmt.Errorf("the server's AP-REP: %w", err)
	}
	if !token.IsAPRep() {
		return errors.New("the server has answered with another message than an AP-REP")
	}
	plain, err := crypto.DecryptEncPart(token.APRep.EncPart, c.key, keyusage.AP_REP_ENCPART)
	if err != nil {
		return fmt.Errorf("the server has not proved that it has the key of its principal: %w", err)
	}
	var part messages.EncAPRepPart
	if err := part.Unmarshal(plain); err != nil {
		return fmt.Errorf("the server's AP-REP: %w", err)
	}
	if part.CTime.Unix() != c.auth.CTime.Unix() || part.Cusec != c.auth.Cusec {
		return errors.New("the server's AP-REP answers another request")
	}
	if c.own = len(part.Subkey.KeyValue) > 0; c.own {
		c.key = part.Subkey
	}
	return nil
}

// choose reads the server's offer and declines all protections.
func (c *conversation) choose(challenge []byte) ([]byte, error) {
	var offer gssapi.WrapToken
	if err := offer.Unmarshal(unrotated(challenge), true); err != nil {
		return nil, fmt.Errorf("the server's offer of protections: %w", err)
	}
	if offer.Flags&sealed != 0 || (offer.Flags&acceptorSubkey != 0) != c.own {
		return nil, fmt.Errorf("the server's offer of protections has the flags %#x", offer.Flags)
	}
	if _, err := offer.Verify(c.key, keyusage.GSSAPI_ACCEPTOR_SEAL); err != nil {
		return nil, errors.New("the server's offer of protections is not from the server")
	}
	if len(offer.Payload) != 4 || offer.Payload[0]&1 == 0 {
		return nil, fmt.Errorf("the server demands a protection (%x), this client has none", offer.Payload)
	}
	etype, err := crypto.GetEtype(c.key.KeyType)
	if err != nil {
		return nil, err
	}
	choice := gssapi.WrapToken{
		EC:        uint16(etype.GetHMACBitLength() / 8),
		SndSeqNum: uint64(c.auth.SeqNumber),
		Payload:   []byte{1, 0, 0, 0},
	}
	if c.own {
		choice.Flags |= acceptorSubkey
	}
	if err := choice.SetCheckSum(c.key, keyusage.GSSAPI_INITIATOR_SEAL); err != nil {
		return nil, err
	}
	return choice.Marshal()
}

// unrotated undoes the rotation of a token, which its header tells (RFC 4121, 4.2.5).
func unrotated(token []byte) []byte {
	if len(token) <= gssapi.HdrLen {
		return token
	}
	body := token[gssapi.HdrLen:]
	n := int(binary.BigEndian.Uint16(token[6:8])) % len(body)
	out := append([]byte{}, token[:gssapi.HdrLen]...)
	out[6], out[7] = 0, 0
	return append(append(out, body[n:]...), body[:n]...)
}
