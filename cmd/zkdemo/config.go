package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/screen"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/ensemble"
)

func (a *app) configCommand() *cobra.Command {
	var follow bool
	cmd := &cobra.Command{
		Use:   "config",
		Short: "show which servers the ensemble has",
		Long: `Shows the configuration of the ensemble: its version, and each server with its
role, the address for clients, and the addresses for the other servers. With -f it
is shown again whenever it has changed, until interrupted.

The configuration is the server's own, so a chroot makes no difference. A server
that runs alone has none. It needs ZooKeeper 3.5 or later.`,
		Example: "  zkdemo config\n  zkdemo config --follow",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			show := a.config
			if follow {
				show = a.followConfig
			}
			return a.withClient(cmd.Context(), show)
		},
	}
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "show each change, until interrupted")
	return cmd
}

// configJSON is the JSON for a configuration.
type configJSON struct {
	Time    *time.Time   `json:"time,omitempty"` // with --follow
	Version string       `json:"version"`        // hexadecimal, as servers write it
	Servers []serverJSON `json:"servers"`
	Other   []string     `json:"other,omitempty"` // lines that describe no server
}

type serverJSON struct {
	ID           int64    `json:"id"`
	Role         string   `json:"role"`
	Client       string   `json:"client,omitempty"` // where clients reach it, as is the next without TLS
	SecureClient string   `json:"secure_client,omitempty"`
	Addresses    []string `json:"addresses"` // for the other servers
}

func newConfigJSON(config ensemble.Config) configJSON {
	shown := configJSON{Version: fmt.Sprintf("%x", config.Version), Servers: []serverJSON{}, Other: config.Other}
	for _, s := range config.Servers {
		one := serverJSON{ID: s.ID, Role: s.Role.String(), Client: s.ClientAddr(), SecureClient: s.SecureClientAddr()}
		for _, addr := range s.Addresses {
			one.Addresses = append(one.Addresses, addr.String())
		}
		shown.Servers = append(shown.Servers, one)
	}
	return shown
}

func (a *app) config(ctx context.Context, c *zkasync.Client) error {
	waiting, stop := a.patient(ctx)
	config, err := c.Config(ctx).Get(waiting)
	stop()
	if err != nil {
		return err
	}
	if a.flags.json {
		return printJSON(a.out, newConfigJSON(config))
	}
	_, err = fmt.Fprint(a.out, configText(config))
	return err
}

func (a *app) followConfig(ctx context.Context, c *zkasync.Client) error {
	waiting, timer, late, stop := a.awaiting(ctx)
	defer stop()
	for now, err := range c.WatchConfig(waiting).All(waiting) {
		if err != nil {
			return late(err)
		}
		timer.Stop() // later outages are waited out
		if err := a.printConfig(now); err != nil {
			return err
		}
	}
	return nil
}

// errNoConfig is why a server has nothing to follow.
var errNoConfig = errors.New("config: the server has no configuration, which servers have since 3.5")

func (a *app) printConfig(now zkasync.Reading[ensemble.Config]) error {
	switch {
	case now.Err != nil:
		return now.Err
	case !now.Exists:
		return errNoConfig
	}
	at := time.Now()
	if a.flags.json {
		shown := newConfigJSON(now.Value)
		shown.Time = &at
		return printJSONLine(a.out, shown)
	}
	_, err := fmt.Fprintf(a.out, "%s  %s", at.Format("15:04:05.000"), configText(now.Value))
	return err
}

// configText returns a configuration for people: a line of its own for each server.
func configText(config ensemble.Config) string {
	if len(config.Servers) == 0 {
		return "no servers: the server runs alone\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "version %x, %s\n", config.Version, screen.Plural(int64(len(config.Servers)), "server", "servers"))
	for _, s := range newConfigJSON(config).Servers {
		fmt.Fprintf(&b, "    %-3d  %-11s  %s", s.ID, s.Role, orUnknown(s.Client))
		if s.SecureClient != "" {
			fmt.Fprintf(&b, ", TLS %s", s.SecureClient)
		}
		fmt.Fprintf(&b, "  (servers: %s)\n", strings.Join(s.Addresses, ", "))
	}
	for _, line := range config.Other {
		fmt.Fprintf(&b, "    %s\n", screen.Name(line))
	}
	return b.String()
}

func orUnknown(addr string) string {
	if addr == "" {
		return "port for clients unknown"
	}
	return addr
}
