package acl

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// network is what an entry of the scheme "ip" names: one address, or all that begin with the same bits.
type network struct {
	addr []byte // 4 bytes or 16
	bits int
}

// parseNetwork parses an address or "address/bits" as a server does (IPAuthenticationProvider), which accepts more than package netip.
func parseNetwork(id string) (network, bool) {
	address, bits, limited := strings.Cut(id, "/")
	n := network{addr: parseAddress(address)}
	n.bits = 8 * len(n.addr)
	if limited {
		most := n.bits
		n.bits = javaInt(bits)
		if n.bits < 0 || n.bits > most {
			return network{}, false
		}
	}
	return n, n.addr != nil
}

// contains reports whether an address is in the network. A zone makes the address of a client unknown to the server.
func (n network) contains(client string) bool {
	addr := parseAddress(client)
	if len(addr) != len(n.addr) {
		return false
	}
	for i := range n.bits {
		if bit := byte(0x80) >> (i % 8); addr[i/8]&bit != n.addr[i/8]&bit {
			return false
		}
	}
	return true
}

// HostAddress writes the address of a client as a server knows it: without "::" (Inet6Address.getHostAddress).
func HostAddress(host string) string {
	addr, err := netip.ParseAddr(host)
	if err != nil || addr.Is4() {
		return host
	}
	var groups []string
	for b := addr.As16(); len(groups) < ipv6Groups; {
		i := 2 * len(groups)
		groups = append(groups, fmt.Sprintf("%x", uint16(b[i])<<8|uint16(b[i+1])))
	}
	text := strings.Join(groups, ":")
	if zone := addr.Zone(); zone != "" {
		text += "%" + zone
	}
	return text
}

const ipv6Groups = 8

func parseAddress(s string) []byte {
	if strings.Contains(s, ":") {
		return parseIPv6(s)
	}
	numbers := strings.Split(s, ".")
	if len(numbers) != 4 {
		return nil
	}
	var addr []byte
	for _, number := range numbers {
		v := javaInt(number)
		if v < 0 || v > 255 {
			return nil
		}
		addr = append(addr, byte(v))
	}
	return addr
}

func parseIPv6(s string) []byte {
	const digits = 4
	parts := strings.Split(s, "::")
	var before, after []string
	switch {
	case len(parts) > 2:
		return nil
	case len(parts) == 1:
		before = strings.Split(s, ":")
		if len(before) != ipv6Groups {
			return nil
		}
	default:
		before, after = splitGroups(parts[0]), splitGroups(parts[1])
		if len(before)+len(after) >= ipv6Groups {
			return nil
		}
	}
	zeros := slices.Repeat([]string{"0"}, ipv6Groups-len(before)-len(after))
	var addr []byte
	for _, group := range slices.Concat(before, zeros, after) {
		v, err := strconv.ParseInt(group, 16, 32)
		if err != nil || len(group) > digits {
			return nil
		}
		addr = append(addr, byte(v>>8), byte(v))
	}
	return addr
}

func splitGroups(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ":")
}

// javaInt returns what Integer.parseInt does, and -1 if that fails. It takes a sign and leading zeros.
func javaInt(s string) int {
	v, err := strconv.ParseInt(s, 10, 32)
	if err != nil {
		return -1
	}
	return int(v)
}
