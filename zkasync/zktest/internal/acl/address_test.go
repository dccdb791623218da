package acl

import (
	"testing"

	"github.com/go-zookeeper/zk"
)

func TestHostAddress(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"127.0.0.1": "127.0.0.1", "::1": "0:0:0:0:0:0:0:1", "2001:db8::ff00:42:8329": "2001:db8:0:0:0:ff00:42:8329",
		"fe80::1%eth0": "fe80:0:0:0:0:0:0:1%eth0", "pipe": "pipe",
	} {
		if got := HostAddress(host); got != want {
			t.Errorf("%s is %s, want %s", host, got, want)
		}
	}
}

// The scripts that are compared with real servers have clients with one address only. These are of other addresses (ACLTest:
// testIPAuthenticationIsValidIpv6Mask, testAuthWithIPV6Server).
func TestList_AllowsAddresses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		client, entry string
		want          bool
	}{
		{"2001:db8:1234::", "2001:db8:1234::/64", true},
		{"2001:0db8:85a3:0000:0000:8a2e:0370:7334", "2001:0db8:85a3:0000:0000:8a2e:0370::/2", true},
		{"22001:db8:85a3:0:0:0:0::0", "2001:db8:85a3:0:0:0:0::/32", false},
		{"2001:db8::/4", "2001:db8::/4", false},
		{"0:0:0:0:0:0:0:1", "::1", true},
		{"::1", "::1/64", true},
		{"::1", "::2", false},
		{"::1", "::2/126", true},
		{"::1", "0000:0001::/32", false},
		{"::1", "127.0.0.1/16", false},
		{"::1", "0.0.0.1/16", false},
		{"::1", "0.0.0.0/0", false},
		{"127.0.0.1", "7f::/16", false},
		{"127.0.0.1", "::/0", false},
		{"127.0.0.1", "127.0.0.0/31", true},
		{"127.0.0.1", "127.0.0.2/31", false},
		{"10.200.3.4", "10.128.0.0/9", true},
		{"10.100.3.4", "10.128.0.0/9", false},
		{"fe80::1%eth0", "fe80::1", false},
		{"ffff::", "-1::", true}, // as Java reads it
	} {
		list := &List{[]zk.ACL{{Perms: zk.PermRead, Scheme: IP, ID: test.entry}}}
		if got := list.Allows(zk.PermRead, []Identity{New(IP, test.client)}); got != test.want {
			t.Errorf("%s with an entry for %s: %v, want %v", test.client, test.entry, got, test.want)
		}
	}
}
