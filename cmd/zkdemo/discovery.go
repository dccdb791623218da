package main

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/screen"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/discovery"
)

func (a *app) discoveryCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "discovery",
		Short: "list, follow, register and choose instances of services",
		Long: `Works with services below a path and their instances, in the format of Curator's
service discovery (curator-x-discovery). So programs that use Curator see what is
registered here, and the other way round.`,
		Example: `  zkdemo discovery list /services                 # which services are there?
  zkdemo discovery list /services web             # where are the instances of one?
  zkdemo discovery watch /services web
  zkdemo discovery register /services web --address 10.0.0.1 --port 80
  curl http://$(zkdemo discovery provide /services web)/`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.discoveryListCommand(), a.discoveryWatchCommand(), a.discoveryRegisterCommand(), a.discoveryProvideCommand())
	for _, sub := range cmd.Commands() {
		sub.ValidArgsFunction = cobra.NoFileCompletions
	}
	return cmd
}

// withDiscovery calls fn with the services below the path args[0]. args[1], if there is one, must be the name of a service.
func (a *app) withDiscovery(cmd *cobra.Command, args []string, fn func(ctx context.Context, d *discovery.Discovery) error) error {
	base := args[0]
	if err := checkPath(base); err != nil {
		return err
	}
	for _, name := range args[1:] {
		if err := checkNodeName("service", name); err != nil {
			return err
		}
	}
	return a.withClient(cmd.Context(), func(ctx context.Context, c *zkasync.Client) error { return fn(ctx, discovery.New(c, base)) })
}

func (a *app) discoveryListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list BASE [SERVICE]",
		Short: "the services below a path, or the instances of one",
		Long: `Prints the names of the services below BASE, or the instances of SERVICE. A znode
that is not an instance, or may not be read, is skipped: it is named on the
standard error, and the exit code is 4.`,
		Args: argCount(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withDiscovery(cmd, args, func(ctx context.Context, d *discovery.Discovery) error {
				asking, stop := a.patient(ctx)
				defer stop()
				if len(args) == 1 {
					names, err := d.Names(asking).Get(asking)
					if err != nil {
						return err
					}
					return a.printServices(names)
				}
				service, err := d.Service(asking, args[1]).Get(asking)
				if err != nil {
					return err
				}
				return a.listService(service)
			})
		},
	}
}

func (a *app) printServices(names []string) error {
	if a.flags.json {
		return printJSON(a.out, map[string][]string{"services": append([]string{}, names...)})
	}
	for _, name := range names {
		if _, err := fmt.Fprintln(a.out, screen.Name(name)); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) listService(s discovery.Service) error {
	if a.flags.json {
		if err := printJSON(a.out, newServiceJSON(s)); err != nil {
			return err
		}
	} else if err := a.printInstances(s, ""); err != nil {
		return err
	}
	for _, skipped := range s.Skipped {
		fmt.Fprintf(a.stderr, "%s: %v\n", screen.Name(skipped.Path), skipped.Err)
	}
	if len(s.Skipped) > 0 {
		return skippedError{len(s.Skipped)}
	}
	return nil
}

// printInstances prints each instance on a line: its id, its address, and whatever else is set.
func (a *app) printInstances(s discovery.Service, indent string) error {
	for _, i := range s.Instances {
		text := fmt.Sprintf("%s%s  %s", indent, screen.Name(i.ID), screen.Name(whereIs(i)))
		if i.Type != discovery.Dynamic {
			text += "  " + i.Type.String()
		}
		if i.Disabled {
			text += "  disabled"
		}
		if i.Payload != nil {
			text += "  " + screen.Preview(i.Payload, previewLength)
		}
		if _, err := fmt.Fprintln(a.out, text); err != nil {
			return err
		}
	}
	return nil
}

// whereIs returns an instance's address: its URI if it has a template for one, or else host:port.
func whereIs(i discovery.Instance) string {
	port := i.Port
	if port == 0 {
		port = i.SSLPort
	}
	switch {
	case len(i.URI) > 0:
		return i.Expand(nil)
	case port != 0:
		return net.JoinHostPort(i.Address, strconv.Itoa(port))
	default:
		return i.Address
	}
}

// serviceJSON is the JSON for a service. Instances look the same as in ZooKeeper.
type serviceJSON struct {
	Time      *time.Time           `json:"time,omitempty"`
	Service   string               `json:"service"`
	Instances []discovery.Instance `json:"instances"`
	Skipped   []skippedJSON        `json:"skipped"`
}

type skippedJSON struct {
	Path  string `json:"path"`
	Error string `json:"error"`
}

func newServiceJSON(s discovery.Service) serviceJSON {
	j := serviceJSON{Service: s.Name, Instances: append([]discovery.Instance{}, s.Instances...), Skipped: []skippedJSON{}}
	for _, skipped := range s.Skipped {
		j.Skipped = append(j.Skipped, skippedJSON{skipped.Path, skipped.Err.Error()})
	}
	return j
}

func (a *app) discoveryWatchCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "watch BASE SERVICE",
		Short: "follow the instances of a service",
		Long:  `Prints the instances of a service, and prints them again after each change, until interrupted.`,
		Args:  argCount(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withDiscovery(cmd, args, func(ctx context.Context, d *discovery.Discovery) error {
				v := d.Watch(ctx, args[1])
				defer v.Close()
				for s, err := range v.All(ctx) {
					if err != nil {
						return err
					}
					if err := a.printService(s, time.Now()); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
}

func (a *app) printService(s discovery.Service, now time.Time) error {
	if a.flags.json {
		j := newServiceJSON(s)
		j.Time = &now
		return printJSONLine(a.out, j)
	}
	if _, err := fmt.Fprintf(a.out, "%s  %s\n", now.Format("15:04:05.000"), screen.Plural(int64(len(s.Instances)), "instance", "instances")); err != nil {
		return err
	}
	if err := a.printInstances(s, "    "); err != nil {
		return err
	}
	for _, skipped := range s.Skipped {
		if _, err := fmt.Fprintf(a.out, "    skipped %s: %v\n", screen.Name(skipped.Path), skipped.Err); err != nil {
			return err
		}
	}
	return nil
}

// checkNodeName refuses what cannot be the name of a znode. what says whose name it is.
func checkNodeName(what, name string) error {
	if strings.Contains(name, "/") {
		return usagef("%s %q: a name has no slash in it", what, name)
	}
	return checkPath("/" + name + "/x")
}

// strategies are the values of --strategy.
var strategies = map[string]func() discovery.Strategy{
	"random": discovery.Random, "round-robin": discovery.RoundRobin,
	"sticky": func() discovery.Strategy { return discovery.Sticky(discovery.Random()) },
}

func (a *app) discoveryProvideCommand() *cobra.Command {
	var strategy string
	var count int
	cmd := &cobra.Command{
		Use:   "provide BASE SERVICE",
		Short: "choose an instance of a service",
		Long: `Prints the address of an instance of a service: its URI if it has a template for
one, or else host:port. Waits for an instance for as long as --timeout says.
Disabled instances are not chosen.`,
		Args: argCount(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			chosen, ok := strategies[strategy]
			switch {
			case !ok:
				return usagef("--strategy %q: must be random, round-robin or sticky", strategy)
			case count < 1:
				return usagef("--count %d: must be 1 or more", count)
			}
			return a.withDiscovery(cmd, args, func(ctx context.Context, d *discovery.Discovery) error {
				p := d.Provider(ctx, args[1], discovery.WithStrategy(chosen()))
				defer p.Close()
				return a.provide(ctx, p, count)
			})
		},
	}
	cmd.Flags().StringVar(&strategy, "strategy", "random", "how to choose: random, round-robin or sticky")
	cmd.Flags().IntVarP(&count, "count", "n", 1, "how many times to choose")
	return cmd
}

func (a *app) provide(ctx context.Context, p *discovery.Provider, count int) error {
	waiting, stop := a.patient(ctx)
	defer stop()
	for range count {
		i, err := p.Await(waiting).Get(ctx)
		if err != nil {
			return err
		}
		if a.flags.json {
			err = printJSONLine(a.out, i)
		} else {
			_, err = fmt.Fprintln(a.out, screen.Name(whereIs(i)))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
