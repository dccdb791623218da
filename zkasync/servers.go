package zkasync

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"unicode"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/hosts"
)

// parseServers parses a connection string as ZooKeeper's own clients do: "h1:2181,h2:2181/chroot". A missing port is
// 2181; IPv6 addresses are in brackets; there may be blanks around the commas. An item may be the name of a service, whose SRV
// records name the servers: "_zookeeper._tcp.example.org" or, as the Java client has it and then alone,
// "dns-srv://_zookeeper._tcp.example.org". The chroot is returned without a trailing slash, "" if there is none. Strings that those clients accept but understand otherwise than intended are refused.
func parseServers(s string) (names []string, chroot string, err error) {
	names, chroot, err = splitServers(s)
	if err != nil {
		return nil, "", fmt.Errorf("zkasync: servers %q: %w", s, err)
	}
	return names, chroot, nil
}

func splitServers(s string) (names []string, chroot string, err error) {
	if strings.TrimFunc(s, isBlank) != s {
		return nil, "", errors.New("want no white space or byte order mark at the ends")
	}
	list, isService := strings.CutPrefix(s, hosts.ServicePrefix)
	list, root, found := strings.Cut(list, "/")
	if found && root != "" {
		chroot = "/" + root
		if strings.Contains(chroot, ",") {
			return nil, "", fmt.Errorf("chroot %q: want no comma: the chroot comes once, after the last address", chroot)
		}
		if err := checkPath(chroot); err != nil {
			return nil, "", fmt.Errorf("chroot %q: %w", chroot, err)
		}
	}
	if isService {
		name, err := parseService(list)
		return []string{name}, chroot, err
	}
	for item := range strings.SplitSeq(list, ",") {
		parse := parseHost
		if item = strings.Trim(item, " "); isServiceName(item) {
			parse = parseService
		}
		name, err := parse(item)
		if err != nil {
			return nil, "", err
		}
		names = append(names, name)
	}
	return names, chroot, nil
}

// isServiceName reports a name that can be no host's, since it begins with the labels of a service and a protocol.
func isServiceName(item string) bool {
	first, rest, _ := strings.Cut(item, ".")
	return strings.HasPrefix(first, "_") && strings.HasPrefix(rest, "_")
}

// parseService checks the name of a service.
func parseService(name string) (string, error) {
	switch {
	case name == "" || strings.HasPrefix(name, ".") || strings.Contains(name, ".."):
		return "", fmt.Errorf("service %q: want a name as _zookeeper._tcp.example.org", name)
	case strings.Contains(name, ":"):
		return "", fmt.Errorf("service %q: want no port: the SRV records have it", name)
	case strings.IndexFunc(name, notOfHost) >= 0:
		return "", fmt.Errorf("service %q: want one name of letters, digits, '-', '_' and '.'", name)
	}
	return hosts.ServicePrefix + name, nil
}

// isBlank reports characters that may be at the ends of a line without being seen, such as the byte order mark with which
// Windows editors start a file.
func isBlank(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) }

func parseHost(item string) (string, error) {
	if item == "" {
		return "", errors.New("an address is empty, want host:port")
	}
	host, port, err := net.SplitHostPort(withPort(item))
	if err != nil {
		return "", fmt.Errorf("address %q: want host:port, IPv6 in brackets", item)
	}
	if host == "" {
		return "", fmt.Errorf("address %q: want a host before the port", item)
	}
	if i := strings.IndexFunc(host, notOfHost); i >= 0 {
		return "", fmt.Errorf("address %q: want a host of letters, digits, '-', '_' and '.', or an IPv6 address in brackets", item)
	}
	// Atoi accepts a sign, and leading zeros that other clients may read as octal.
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 || strconv.Itoa(n) != port {
		return "", fmt.Errorf("address %q: port %q is not a number from 1 to 65535, in digits alone", item, port)
	}
	return net.JoinHostPort(host, port), nil
}

// notOfHost reports characters that no name or address contains. Which letters a name may have is up to the resolver or the
// dialer; "%" starts the zone of an IPv6 address.
func notOfHost(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.:%", r)
}

func withPort(item string) string {
	bracketed := strings.HasPrefix(item, "[") && strings.HasSuffix(item, "]")
	if bracketed || !strings.Contains(item, ":") {
		return item + ":" + strconv.Itoa(zk.DefaultPort)
	}
	return item
}
