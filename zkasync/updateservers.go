package zkasync

import "fmt"

// UpdateServers replaces the list of servers while the client runs. The chroot must stay the same. As in the Java client
// (ZOOKEEPER-1355), clients move to even out the load, each with the probability that this requires: a client whose
// server is no longer in the list always moves, others move only if servers were added. Moving loses no operation: those
// in flight are waited for, the rest wait for the next server. The state is Suspended in between.
func (c *Client) UpdateServers(servers string) error {
	if err := c.refuseView("update servers"); err != nil {
		return err
	}
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
