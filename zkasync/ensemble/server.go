package ensemble

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"unicode"
)

// Role is a server's part in the ensemble.
type Role uint8

const (
	// Participant servers vote, and may lead.
	Participant Role = iota
	// Observer servers follow without a vote (ZOOKEEPER-368).
	Observer
)

// String returns "participant" or "observer", as configurations have it.
func (r Role) String() string {
	switch r {
	case Participant:
		return "participant"
	case Observer:
		return "observer"
	default:
		return "Role(invalid)"
	}
}

// Server is one server of an ensemble.
type Server struct {
	// ID is the number in the server's file myid.
	ID int64
	// Addresses are where the other servers reach it. There is at least one, and since 3.6 there may be several
	// (ZOOKEEPER-3188).
	Addresses []Address
	// Role is Participant unless the configuration says otherwise.
	Role Role
	// Client is where the server listens for clients, as "host:port", with IPv6 addresses in brackets. It is "" if the
	// configuration does not say: that is so for servers whose port stands in their static file (clientPort), and for those
	// that take TLS alone. The host may be a wildcard, see ClientAddr.
	Client string
	// SecureClient is where the server listens for clients by TLS, or "". Servers before 3.10 (ZOOKEEPER-4276) do not have
	// it in their configuration: their secureClientPort stands in their static files alone.
	SecureClient string
}

// Address is an address of a server for the other servers.
type Address struct {
	Host         string // a name or an IP address, without brackets
	QuorumPort   int    // for followers
	ElectionPort int
}

// ParseServer parses the description of one server:
//
//	server.ID=HOST:QUORUMPORT:ELECTIONPORT[:ROLE][|HOST:…][;[HOST:]CLIENTPORT[;[HOST:]SECURECLIENTPORT]]
//
// IPv6 addresses are in brackets. A client port without a host is one on all addresses, 0.0.0.0. A server.ID may have 0 to
// 9223372036854775807 for an ID; releases of ZooKeeper want 1 to 254. The error names the value and the rule.
func ParseServer(line string) (Server, error) {
	s, err := parseServer(strings.TrimSpace(line))
	if err != nil {
		return Server{}, fmt.Errorf("ensemble: server %q: %w", line, err)
	}
	return s, nil
}

func parseServer(line string) (Server, error) {
	key, value, found := strings.Cut(line, "=")
	number, named := strings.CutPrefix(strings.TrimSpace(key), serverKey)
	if !found || !named {
		return Server{}, errors.New("want server.ID=HOST:PORT:PORT")
	}
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil || id < 0 {
		return Server{}, fmt.Errorf("id %q is not a number of 0 or more", number)
	}
	s := Server{ID: id}
	members, clients, hasClients := strings.Cut(strings.TrimSpace(value), ";")
	if err := s.parseAddresses(members); err != nil {
		return Server{}, err
	}
	if !hasClients {
		return s, nil
	}
	plain, secure, _ := strings.Cut(clients, ";")
	if s.Client, err = parseClient(plain); err == nil {
		s.SecureClient, err = parseClient(secure)
	}
	return s, err
}

// parseAddresses parses what stands before the first semicolon. The role may stand behind each address or the last one.
func (s *Server) parseAddresses(list string) error {
	var role string
	for item := range strings.SplitSeq(list, "|") {
		parts, err := splitHost(item)
		if err != nil {
			return err
		}
		if len(parts) != 3 && len(parts) != 4 {
			return fmt.Errorf("address %q: want HOST:PORT:PORT, with :participant or :observer if need be", item)
		}
		a := Address{Host: parts[0]}
		if a.QuorumPort, err = parsePort(parts[1]); err == nil {
			a.ElectionPort, err = parsePort(parts[2])
		}
		if err != nil {
			return fmt.Errorf("address %q: %w", item, err)
		}
		if a.QuorumPort == a.ElectionPort {
			return fmt.Errorf("address %q: the ports for followers and for elections are the same", item)
		}
		s.Addresses = append(s.Addresses, a)
		if len(parts) < 4 {
			continue
		}
		now := strings.ToLower(strings.TrimSpace(parts[3]))
		if role != "" && role != now {
			return fmt.Errorf("address %q: the role differs from that of the address before, %q", item, role)
		}
		role = now
	}
	switch role {
	case "", Participant.String():
	case Observer.String():
		s.Role = Observer
	default:
		return fmt.Errorf("role %q is neither participant nor observer", role)
	}
	return nil
}

// parseClient parses a client's address, "" for none.
func parseClient(text string) (string, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return "", nil
	}
	host, port := wildcard, text
	if strings.Contains(text, ":") {
		parts, err := splitHost(text)
		if err != nil {
			return "", err
		}
		if len(parts) != 2 {
			return "", fmt.Errorf("client address %q: want PORT or HOST:PORT", text)
		}
		host, port = parts[0], parts[1]
	}
	n, err := parsePort(port)
	if err != nil {
		return "", fmt.Errorf("client address %q: %w", text, err)
	}
	return net.JoinHostPort(host, strconv.Itoa(n)), nil
}

// wildcard is the host of a client port that stands alone.
const wildcard = "0.0.0.0"

// splitHost splits "host:a:b" or "[::1]:a:b" at the colons.
func splitHost(text string) ([]string, error) {
	text = strings.TrimSpace(text)
	parts := strings.Split(text, ":")
	if inside, ok := strings.CutPrefix(text, "["); ok {
		host, rest, closed := strings.Cut(inside, "]")
		if !closed || rest != "" && rest[0] != ':' {
			return nil, fmt.Errorf("address %q: want [IPv6]:PORT", text)
		}
		if addr, err := netip.ParseAddr(host); err != nil || !addr.Is6() {
			return nil, fmt.Errorf("address %q: %q is no IPv6 address", text, host)
		}
		parts = append([]string{host}, strings.Split(rest, ":")[1:]...)
	} else if parts[0] == "" || strings.IndexFunc(parts[0], notOfHost) >= 0 {
		return nil, fmt.Errorf("address %q: want a host of letters, digits, '-', '_' and '.', or an IPv6 address in brackets", text)
	}
	return parts, nil
}

func notOfHost(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.", r)
}

func parsePort(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 65535 || strconv.Itoa(n) != text {
		return 0, fmt.Errorf("port %q is not a number from 1 to 65535, in digits alone", text)
	}
	return n, nil
}

// String returns the server as servers write it, with its role: "server.1=zk1:2888:3888:participant;0.0.0.0:2181".
func (s Server) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s%d=", serverKey, s.ID)
	for i, a := range s.Addresses {
		if i > 0 {
			b.WriteByte('|')
		}
		b.WriteString(a.String())
	}
	b.WriteByte(':')
	b.WriteString(s.Role.String())
	if s.Client != "" || s.SecureClient != "" {
		b.WriteByte(';')
		b.WriteString(s.Client)
	}
	if s.SecureClient != "" {
		b.WriteByte(';')
		b.WriteString(s.SecureClient)
	}
	return b.String()
}

// String returns "host:2888:3888", with IPv6 addresses in brackets.
func (a Address) String() string {
	return net.JoinHostPort(a.Host, strconv.Itoa(a.QuorumPort)) + ":" + strconv.Itoa(a.ElectionPort)
}

// ClientAddr returns where clients reach the server without TLS, as "host:port", or "" if the configuration does not say. A
// server that listens on all its addresses (0.0.0.0, ::) is reached at the host of its first address for other servers, as
// Curator's EnsembleTracker has it.
func (s Server) ClientAddr() string { return s.reach(s.Client) }

// SecureClientAddr is ClientAddr with TLS.
func (s Server) SecureClientAddr() string { return s.reach(s.SecureClient) }

func (s Server) reach(listens string) string {
	host, port, err := net.SplitHostPort(listens)
	if err != nil {
		return ""
	}
	if isWildcard(host) {
		if len(s.Addresses) == 0 || isWildcard(s.Addresses[0].Host) {
			return ""
		}
		host = s.Addresses[0].Host
	}
	return net.JoinHostPort(host, port)
}

// isWildcard reports an address that stands for all addresses of a machine.
func isWildcard(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsUnspecified() || host == ""
}
