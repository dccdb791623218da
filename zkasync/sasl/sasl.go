// Package sasl is how a client proves who it is by SASL, to be used with zkasync.WithSASL. It has the mechanism
// DIGEST-MD5, by user and password:
//
//	zkasync.WithSASL(sasl.DigestMD5("bob", password))
//
// Other mechanisms, such as GSSAPI (Kerberos), implement [Mechanism].
package sasl

import (
	"context"
	"errors"
)

// Mechanism is a SASL mechanism with the credentials that it needs. It must be safe for concurrent use.
//
// A mechanism may have a method Check() error, which zkasync.New calls to refuse bad input early. Its text (fmt) must not
// show secrets.
type Mechanism interface {
	// Name is the mechanism's registered name, such as "DIGEST-MD5", for logs and errors.
	Name() string
	// Start begins a conversation. It is called for each connection anew, so credentials that change can be read here.
	Start(ctx context.Context, server Server) (Conversation, error)
}

// Server is the server at the other end of a connection.
type Server struct {
	Host string // as given to zkasync.New, without the port: a name or an address
	Addr string // the address of the connection's other end, with the port; it may be that of a proxy
}

// Conversation is a mechanism's side of an authentication. Its calls come one at a time.
type Conversation interface {
	// Next returns what to answer to the server's challenge. At first challenge is nil, and response is the initial response,
	// which may be empty. Once done is true, the server is known to have accepted the client, and response is not sent.
	//
	// ZooKeeper does not name mechanisms and does not say in so many words that it has accepted a client: a challenge that is
	// nil or empty is the last one of some mechanisms, and otherwise means that the server has not been configured for SASL.
	//
	// An error ends the client's use: its state becomes AuthFailed, since the same would happen at each server. One that is
	// [ErrUnavailable] only ends the connection, and the client tries again. Its text must not show secrets.
	Next(ctx context.Context, challenge []byte) (response []byte, done bool, err error)
}

// ErrUnavailable marks an error of a mechanism that says nothing about the credentials: what they are checked or obtained
// with, such as a Kerberos server, could not be reached. The client tries again.
var ErrUnavailable = errors.New("not available for now")
