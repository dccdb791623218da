package main

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/load"
	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/znode"
	"github.com/zkasync/zkasync-go/zkasync"
)

const (
	serversVariable = "ZKASYNC_SERVERS"
	authVariable    = "ZKASYNC_AUTH" // a secret in a flag could be seen by everybody on the machine
	defaultServers  = "127.0.0.1:2181"
	defaultTimeout  = 10 * time.Second
)

// The values of --local.
const (
	localMemory    = "memory"
	localZooKeeper = "zookeeper"
)

// globalFlags apply to every command.
type globalFlags struct {
	server  string
	local   string
	json    bool
	timeout time.Duration
	auth    []string
	ca      string
	cert    string

	credentials []load.Credential // auth in parts; check sets it
	tls         *tls.Config       // made of ca and cert, nil without; check sets it
}

func (g *globalFlags) register(f *pflag.FlagSet) {
	f.StringVarP(&g.server, "server", "s", "", "`servers` to connect to, host:port,host:port/chroot (default $"+serversVariable+", else "+defaultServers+")")
	f.StringVar(&g.local, "local", "", "start a private server for this command: inside this `process`, or with =zookeeper an Apache ZooKeeper")
	f.Lookup("local").NoOptDefVal = localMemory
	f.BoolVar(&g.json, "json", false, "print JSON, where the output is data")
	f.DurationVar(&g.timeout, "timeout", defaultTimeout, "how long to wait for a connection, and for each answer")
	f.StringArrayVar(&g.auth, "auth", nil, "`scheme:credential` to show the server, such as digest:user:password; may be repeated (default $"+authVariable+")")
	f.StringVar(&g.ca, "ca", "", "use TLS, and trust the certificates of a PEM `file`")
	f.StringVar(&g.cert, "cert", "", "with --ca: show the server the certificate of a PEM `file`, which has its key as well")
}

// check refuses values that make no sense, before the command does anything.
func (g *globalFlags) check(serverGiven bool) error {
	if serverGiven && g.server == "" {
		return usagef(`--server "": must name a server, such as %s`, defaultServers)
	}
	if g.local != "" && g.local != localMemory && g.local != localZooKeeper {
		return usagef("--local=%s: must be --local, --local=%s or --local=%s", g.local, localMemory, localZooKeeper)
	}
	if g.local != "" && g.server != "" {
		return usagef("--local and --server %s exclude each other", g.server)
	}
	if g.timeout <= 0 {
		return usagef("--timeout %v: must be more than zero, such as 10s", g.timeout)
	}
	if a := os.Getenv(authVariable); a != "" && len(g.auth) == 0 {
		g.auth = []string{a}
	}
	for _, a := range g.auth {
		scheme, credential, found := strings.Cut(a, ":")
		if !found || scheme == "" || credential == "" { // the error does not repeat the value, which is a secret
			return usagef("--auth (or $%s) must be scheme:credential, such as digest:user:password", authVariable)
		}
		g.credentials = append(g.credentials, load.Credential{Scheme: scheme, Value: []byte(credential)})
	}
	return g.checkTLS()
}

func (g *globalFlags) checkTLS() error {
	switch {
	case g.ca == "" && g.cert != "":
		return usagef("--cert %s: it needs --ca", g.cert)
	case g.ca == "":
		return nil
	case g.local != "":
		return usagef("--local and --ca %s exclude each other", g.ca)
	}
	trusted, err := os.ReadFile(g.ca)
	if err != nil {
		return usagef("--ca: %w", err)
	}
	config := &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}
	if !config.RootCAs.AppendCertsFromPEM(trusted) {
		return usagef("--ca %s: there is no certificate in it (PEM)", g.ca)
	}
	if g.cert != "" {
		pair, err := tls.LoadX509KeyPair(g.cert, g.cert)
		if err != nil {
			return usagef("--cert %s: %w", g.cert, err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	g.tls = config
	return nil
}

// clientOptions returns the options that all clients of the program have.
func (g *globalFlags) clientOptions() []zkasync.Option {
	var opts []zkasync.Option
	for _, c := range g.credentials {
		opts = append(opts, zkasync.WithAuth(c.Scheme, c.Value))
	}
	if g.tls != nil {
		opts = append(opts, zkasync.WithTLS(g.tls))
	}
	return opts
}

// servers returns the servers to connect to, and where they were named.
func (g *globalFlags) servers() (servers, source string) {
	if g.server != "" {
		return g.server, "--server"
	}
	if s := os.Getenv(serversVariable); s != "" {
		return s, "$" + serversVariable
	}
	return defaultServers, "the default"
}

// checkPath refuses an argument that is not a valid znode path.
func checkPath(path string) error {
	if err := znode.CheckPath(path); err != nil {
		return usageError{err}
	}
	return nil
}
