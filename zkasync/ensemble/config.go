package ensemble

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Config is an ensemble's configuration. The zero value has no servers; it is that of a standalone server.
type Config struct {
	// Servers are the members, in order of their ids.
	Servers []Server
	// Version grows with each reconfiguration: it is the zxid of the latest, and 0 before the first. In the text it is
	// hexadecimal.
	Version int64
	// Other are the remaining lines, such as those of hierarchical quorums (group.1=1:2:3, weight.1=1), in their order.
	Other []string
	// Text is what was parsed.
	Text string
}

// Parse parses a configuration: lines as "server.1=…", at most one "version=…", and others, which are kept in Other.
// Blanks around lines, empty lines, and comments (# or !) are ignored. An empty text is the configuration of a standalone
// server. The error is a [*ParseError].
func Parse(text string) (Config, error) {
	c := Config{Text: text}
	versions := 0
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(line)
		key, value, _ := strings.Cut(line, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		var err error
		switch {
		case line == "" || line[0] == '#' || line[0] == '!':
		case strings.HasPrefix(key, serverKey):
			err = c.add(line)
		case key == versionKey:
			versions++
			c.Version, err = parseVersion(value, versions)
		default:
			c.Other = append(c.Other, line)
		}
		if err != nil {
			return Config{}, &ParseError{Line: line, Text: text, Err: err}
		}
	}
	slices.SortFunc(c.Servers, func(a, b Server) int { return cmp.Compare(a.ID, b.ID) })
	return c, nil
}

const (
	serverKey  = "server."
	versionKey = "version"
)

func (c *Config) add(line string) error {
	s, err := parseServer(line)
	if err != nil {
		return err
	}
	if _, ok := c.Server(s.ID); ok {
		return fmt.Errorf("server %d is listed twice", s.ID)
	}
	c.Servers = append(c.Servers, s)
	return nil
}

func parseVersion(value string, count int) (int64, error) {
	if count > 1 {
		return 0, fmt.Errorf("the version is given twice")
	}
	v, err := strconv.ParseInt(value, 16, 64)
	if err != nil || v < 0 {
		return 0, fmt.Errorf("version %q is not a hexadecimal number from 0 to 7fffffffffffffff", value)
	}
	return v, nil
}

// String returns the configuration in the form of the znode: the servers in their order, then Other, then the version.
// Parse reads it back.
func (c Config) String() string {
	var b strings.Builder
	for _, s := range c.Servers {
		b.WriteString(s.String())
		b.WriteByte('\n')
	}
	for _, line := range c.Other {
		b.WriteString(line)
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "%s=%x", versionKey, c.Version)
	return b.String()
}

// Server returns the server with an id.
func (c Config) Server(id int64) (Server, bool) {
	for _, s := range c.Servers {
		if s.ID == id {
			return s, true
		}
	}
	return Server{}, false
}

// Participants counts the servers that vote: more than half of them make a quorum, unless Other weighs them.
func (c Config) Participants() int {
	n := 0
	for _, s := range c.Servers {
		if s.Role == Participant {
			n++
		}
	}
	return n
}

// ClientAddrs returns the addresses at which clients reach the servers, observers among them, in the order of the servers,
// each once; see [Server.ClientAddr]. Complete reports whether there is one for each server: if not, the list leaves out
// servers that clients may well know.
func (c Config) ClientAddrs() (addrs []string, complete bool) { return c.addrs(Server.ClientAddr) }

// SecureClientAddrs is ClientAddrs with TLS, see [Server.SecureClientAddr].
func (c Config) SecureClientAddrs() (addrs []string, complete bool) {
	return c.addrs(Server.SecureClientAddr)
}

func (c Config) addrs(of func(Server) string) (addrs []string, complete bool) {
	complete = len(c.Servers) > 0
	for _, s := range c.Servers {
		addr := of(s)
		if addr == "" {
			complete = false
		} else if !slices.Contains(addrs, addr) {
			addrs = append(addrs, addr)
		}
	}
	return addrs, complete
}

// ParseError says which line of a configuration cannot be understood, and keeps the text.
type ParseError struct {
	Line string // the line
	Text string // all that was to be parsed
	Err  error  // the rule that the line breaks
}

// Error names the line and the rule.
func (e *ParseError) Error() string {
	return fmt.Sprintf("ensemble: configuration line %q: %v", e.Line, e.Err)
}

// Unwrap returns the rule that the line breaks.
func (e *ParseError) Unwrap() error { return e.Err }
