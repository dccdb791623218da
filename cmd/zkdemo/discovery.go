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
		Long: `Services below a path, each with its instances, in the JSON of Curator's service
discovery (curator-x-discovery): programs that use that see what is registered
here, and the other way round.`,
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

// withDiscovery calls fn with the services below a path, the first of the arguments; the second, if there is one, is the name of a service.
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
		Long: `Prints the names of the services below BASE, or the instances of SERVICE. What is no
instance, or may not be read, is skipped: it is named on the standard error, and
the exit code is 4.`,
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

// printInstances prints one on each line: id, address, and what else there is.
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

// whereIs is an instance's address: by its form if it has one, or else as host:port.
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

// serviceJSON is a service as programs read it. Instances have the form that they have in ZooKeeper.
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
		Long:  `Prints the instances of a service, and again after each change, until interrupted.`,
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

// checkNodeName refuses what cannot be the name of one znode.
func checkNodeName(what, name string) error {
	if strings.Contains(name, "/") {
		return usagef("%s %q: a name has no slash", what, name)
	}
	return checkPath("/" + name + "/x")
}

// strategies are those that a flag names.
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
		Long: `Prints where an instance of a service is: its address by its own form if it has one, or
else as host:port. It waits for one for as long as --timeout says. Disabled
instances are left out.`,
		Args: argCount(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			chosen, ok := strategies[strategy]
			switch {
			case !ok:
				return usagef("--strategy %q: want random, round-robin or sticky", strategy)
			case count < 1:
				return usagef("--count %d: want at least 1", count)
			}
			return a.withDiscovery(cmd, args, func(ctx context.Context, d *discovery.Discovery) error {
				p := d.Provider(ctx, args[1], discovery.WithStrategy(chosen()))
				defer p.Close()
				return a.provide(ctx, p, count)
			})
		},
	}
	cmd.Flags().StringVar(&strategy, "strategy", "random", "how to choose: random, round-robin or sticky")
	cmd.Flags().IntVarP(&count, "count", "n", 1, "how many times")
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
