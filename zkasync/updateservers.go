package zkasync

import "fmt"

// UpdateServers replaces the list of servers while the client runs. The chroot must stay the same. As in the Java client
// (ZOOKEEPER-1355), clients move so that the load becomes even, each with the probability that this takes: a client whose
// server is gone from the list always moves, one whose server stays moves only when servers were added. Moving loses no
// operation: what is in flight is waited for, the rest waits for the next server. The state is Suspended in between.
func (c *Client) UpdateServers(servers string) error {
	hosts, chroot, err := parseServers(servers)
	if err != nil {
		return err
	}
	if chroot != c.view.chroot {
		return fmt.Errorf("zkasync: servers %q: chroot %q differs from the client's, %q", servers, chroot, c.view.chroot)
	}
	if r := c.runs.move(hosts); r != nil {
		r.session.UpdateHosts(hosts)
	}
	return nil
}
