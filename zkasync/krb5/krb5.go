// Package krb5 is SASL's mechanism GSSAPI with Kerberos 5, to be used with zkasync.WithSASL:
//
//	m, err := krb5.FromKeytab("worker/host1@EXAMPLE.COM", "/etc/worker.keytab")
//	c, err := zkasync.Connect(ctx, "zk1.example.com,zk2.example.com", zkasync.WithSASL(m))
//
// It is a module of its own, so that only those who use it download github.com/jcmturner/gokrb5.
//
// Tickets are obtained for each connection anew, and the keytab or the credential cache is read for each: nothing has to be renewed
// while a connection exists, since servers look at a ticket only at its start. A KDC that cannot be reached is
// [sasl.ErrUnavailable]: the client tries again. One that refuses ends in the state AuthFailed. Both sides prove who they are;
// what travels afterwards is neither encrypted nor signed, so use TLS against those who can read or change it.
package krb5

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/jcmturner/gokrb5/v8/client"
	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/credentials"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/krberror"

	"github.com/zkasync/zkasync-go/zkasync/sasl"
)

// DefaultService is the first part of the servers' principals (Java: zookeeper.sasl.client.username).
const DefaultService = "zookeeper"

// Mechanism is SASL's GSSAPI. It is safe for concurrent use.
type Mechanism struct {
	who       string
	login     func(*config.Config) (*client.Client, error)
	config    string
	service   string
	principal string // of all servers; "" if each has its own
	canonical func(ctx context.Context, host string) (string, error)
}

// Option changes a Mechanism.
type Option func(*Mechanism)

// WithConfig names the file with the realms and their KDCs. The default is the environment's KRB5_CONFIG, or /etc/krb5.conf.
func WithConfig(file string) Option { return func(m *Mechanism) { m.config = file } }

// WithService sets the first part of the servers' principals, DefaultService by default: the principal of server zk1.example.com is
// "zookeeper/zk1.example.com" then, in the realm that the configuration has for it.
func WithService(name string) Option { return func(m *Mechanism) { m.service = name } }

// WithServerPrincipal sets one principal for all servers, such as "zookeeper/ensemble", whatever their hosts are (Java:
// zookeeper.server.principal).
func WithServerPrincipal(name string) Option { return func(m *Mechanism) { m.principal = name } }

// WithCanonicalNames has the host of a server's principal be what lookup makes of the one in the connection string (Java:
// zookeeper.sasl.client.canonicalize.hostname). A net.Resolver's LookupCNAME is such a function. By default the host is used as it is: who
// controls DNS could otherwise choose the server.
func WithCanonicalNames(lookup func(ctx context.Context, host string) (string, error)) Option {
	return func(m *Mechanism) { m.canonical = lookup }
}

// FromKeytab returns the mechanism for a principal, "name/host@REALM", whose keys are in a file.
func FromKeytab(principal, file string, opts ...Option) (*Mechanism, error) {
	name, realm, err := splitPrincipal(principal)
	if err != nil {
		return nil, err
	}
	return build(principal, opts, func(conf *config.Config) (*client.Client, error) {
		keys, err := keytab.Load(file)
		if err != nil {
			return nil, fmt.Errorf("keytab %s: %w", file, err)
		}
		cl := client.NewWithKeytab(name, realm, keys, conf, client.DisablePAFXFAST(true))
		return cl, cl.Login()
	})
}

// FromPassword returns the mechanism for a principal, "name@REALM", with a password.
func FromPassword(principal, password string, opts ...Option) (*Mechanism, error) {
	name, realm, err := splitPrincipal(principal)
	if err != nil {
		return nil, err
	}
	return build(principal, opts, func(conf *config.Config) (*client.Client, error) {
		cl := client.NewWithPassword(name, realm, password, conf, client.DisablePAFXFAST(true))
		return cl, cl.Login()
	})
}

// FromCredentialCache returns the mechanism for the principal whose tickets are in a file, as kinit leaves them; "" stands for the file in the
// environment's KRB5CCNAME. Somebody else has to renew them.
func FromCredentialCache(file string, opts ...Option) (*Mechanism, error) {
	if file == "" {
		file = strings.TrimPrefix(os.Getenv("KRB5CCNAME"), "FILE:")
	}
	if file == "" {
		return nil, errors.New("krb5: no credential cache: want a file, or KRB5CCNAME")
	}
	return build("the owner of "+file, opts, func(conf *config.Config) (*client.Client, error) {
		cache, err := credentials.LoadCCache(file)
		if err != nil {
			return nil, fmt.Errorf("credential cache %s: %w", file, err)
		}
		return client.NewFromCCache(cache, conf, client.DisablePAFXFAST(true))
	})
}

func splitPrincipal(principal string) (name, realm string, err error) {
	i := strings.LastIndexByte(principal, '@')
	if i < 1 || i == len(principal)-1 {
		return "", "", fmt.Errorf("krb5: principal %q: want name@REALM", principal)
	}
	return principal[:i], principal[i+1:], nil
}

func build(who string, opts []Option, login func(*config.Config) (*client.Client, error)) (*Mechanism, error) {
	m := &Mechanism{who: who, login: login, service: DefaultService, config: os.Getenv("KRB5_CONFIG")}
	if m.config == "" {
		m.config = "/etc/krb5.conf"
	}
	for _, opt := range opts {
		opt(m)
	}
	if m.service == "" || strings.ContainsAny(m.service, "/@") {
		return nil, fmt.Errorf("krb5: service %q: want a name without '/' and '@'", m.service)
	}
	if _, err := config.Load(m.config); err != nil {
		return nil, fmt.Errorf("krb5: configuration %s: %w", m.config, err)
	}
	return m, nil
}

// Name returns "GSSAPI".
func (m *Mechanism) Name() string { return "GSSAPI" }

// Format prints the mechanism and the principal, whatever the verb.
func (m *Mechanism) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "GSSAPI as %q", m.who) }

// Start implements [sasl.Mechanism]: it obtains a ticket for the server. Requests to a KDC have timeouts of their own, of some seconds,
// and do not heed the context.
func (m *Mechanism) Start(ctx context.Context, server sasl.Server) (sasl.Conversation, error) {
	conf, err := config.Load(m.config)
	if err != nil {
		return nil, fmt.Errorf("configuration %s: %w", m.config, err)
	}
	spn, err := m.serverPrincipal(ctx, server)
	if err != nil {
		return nil, err
	}
	cl, err := m.login(conf)
	if cl != nil {
		defer cl.Destroy() // it would renew what is not needed any more
	}
	if err != nil {
		return nil, fmt.Errorf("log in as %s: %w", m.who, classified(err))
	}
	ticket, key, err := cl.GetServiceTicket(spn)
	if err != nil {
		return nil, fmt.Errorf("ticket for %s: %w", spn, classified(err))
	}
	return begin(cl.Credentials, ticket, key)
}

func (m *Mechanism) serverPrincipal(ctx context.Context, server sasl.Server) (string, error) {
	if m.principal != "" {
		return m.principal, nil
	}
	host := server.Host
	if m.canonical != nil {
		name, err := m.canonical(ctx, host)
		if err != nil {
			return "", fmt.Errorf("canonical name of %s: %w: %w", host, sasl.ErrUnavailable, err)
		}
		host = strings.TrimSuffix(name, ".")
	}
	return m.service + "/" + strings.ToLower(host), nil
}

// classified marks what says nothing about the credentials.
func classified(err error) error {
	var failure krberror.Krberror
	if errors.As(err, &failure) && failure.RootCause == krberror.NetworkingError {
		return fmt.Errorf("%w: %w", sasl.ErrUnavailable, err)
	}
	return err
}
