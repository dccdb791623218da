package zkasync

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/go-zookeeper/zk"
)

// parseServers reads a connection string as ZooKeeper's own clients do: "h1:2181,h2:2181/chroot". A port left out is
// 2181; IPv6 addresses stand in brackets. The chroot comes back without a slash at the end, "" when there is none.
func parseServers(s string) (hosts []string, chroot string, err error) {
	list, root, found := strings.Cut(s, "/")
	if found && root != "" {
		chroot = "/" + root
		if err := checkPath(chroot); err != nil {
			return nil, "", fmt.Errorf("zkasync: servers %q: chroot %q: %w", s, chroot, err)
		}
	}
	for item := range strings.SplitSeq(list, ",") {
		host, err := parseHost(strings.TrimSpace(item))
		if err != nil {
			return nil, "", fmt.Errorf("zkasync: servers %q: %w", s, err)
		}
		hosts = append(hosts, host)
	}
	return hosts, chroot, nil
}

func parseHost(item string) (string, error) {
	if item == "" {
		return "", fmt.Errorf("an address is empty, want host:port")
	}
	host, port, err := net.SplitHostPort(withPort(item))
	if err != nil {
		return "", fmt.Errorf("address %q: want host:port, IPv6 in brackets", item)
	}
	if host == "" || strings.ContainsAny(host, " \t") {
		return "", fmt.Errorf("address %q: want a host before the port", item)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return "", fmt.Errorf("address %q: port %q is not a number from 1 to 65535", item, port)
	}
	return net.JoinHostPort(host, port), nil
}

func withPort(item string) string {
	bracketed := strings.HasPrefix(item, "[") && strings.HasSuffix(item, "]")
	if bracketed || !strings.Contains(item, ":") {
		return item + ":" + strconv.Itoa(zk.DefaultPort)
	}
	return item
}
