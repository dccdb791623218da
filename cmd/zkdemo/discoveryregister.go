package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/screen"
	"github.com/zkasync/zkasync-go/zkasync/recipe/discovery"
)

// registerFlags describe the instance to register.
type registerFlags struct {
	instance               discovery.Instance
	payload, uri, typeName string
}

// parse returns the instance that the flags describe.
func (f *registerFlags) parse(name string) (discovery.Instance, error) {
	i := f.instance
	i.Name = name
	if i.ID != "" {
		if err := checkNodeName("--id", i.ID); err != nil {
			return i, err
		}
	}
	for _, port := range []int{i.Port, i.SSLPort} {
		if port < 0 || port > 65535 {
			return i, usagef("port %d: must be from 0 to 65535", port)
		}
	}
	if f.payload != "" {
		if i.Payload = json.RawMessage(f.payload); !json.Valid(i.Payload) {
			return i, usagef("--payload %s: is not JSON; text needs quotes, as in '\"text\"'", f.payload)
		}
	}
	if f.uri != "" {
		var err error
		if i.URI, err = discovery.ParseURISpec(f.uri); err != nil {
			return i, usagef("--uri: %w", err)
		}
	}
	if err := i.Type.UnmarshalText([]byte(f.typeName)); err != nil {
		return i, usagef("--type: %w", err)
	}
	return i, nil
}

func (a *app) discoveryRegisterCommand() *cobra.Command {
	var f registerFlags
	cmd := &cobra.Command{
		Use:   "register BASE SERVICE",
		Short: "register an instance of a service",
		Long: `Registers an instance, and keeps it registered until interrupted: its znode is
created again when its session ends or somebody deletes it. With --type STATIC or
PERMANENT the program ends at once, and the instance stays until somebody deletes
it, for example with zkdemo rm.

The new instance replaces another one with the same id.`,
		Example: `  zkdemo discovery register /services web --id host1 --address 10.0.0.1 --port 80
  zkdemo discovery register /services db --address db1 --port 5432 --type STATIC --payload '{"zone":"a"}'
  zkdemo discovery register /services api --address api1 --ssl-port 443 --uri '{scheme}://{address}/v1'`,
		Args: argCount(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			i, err := f.parse(args[1])
			if err != nil {
				return err
			}
			return a.withDiscovery(cmd, args, func(ctx context.Context, d *discovery.Discovery) error { return a.register(ctx, d, i) })
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.instance.ID, "id", "", "its `id` in the service (default: a random one)")
	flags.StringVar(&f.instance.Address, "address", "", "its `host` or IP address")
	flags.IntVar(&f.instance.Port, "port", 0, "its TCP `port`")
	flags.IntVar(&f.instance.SSLPort, "ssl-port", 0, "its TCP `port` for TLS")
	flags.StringVar(&f.payload, "payload", "", "more about it, as any `JSON`")
	flags.StringVar(&f.uri, "uri", "", "a `template` for its URI, such as {scheme}://{address}:{port}")
	flags.StringVar(&f.typeName, "type", "DYNAMIC", "DYNAMIC, STATIC, PERMANENT or DYNAMIC_SEQUENTIAL")
	flags.BoolVar(&f.instance.Disabled, "disabled", false, "mark it as not to be used")
	return cmd
}

func (a *app) register(ctx context.Context, d *discovery.Discovery, i discovery.Instance) error {
	r := d.Register(i)
	waiting, stop := a.patient(ctx)
	defer stop()
	if _, err := r.Ready().Get(waiting); err != nil {
		return err
	}
	if err := a.printRegistered(r); err != nil {
		return err
	}
	if i.Type == discovery.Static || i.Type == discovery.Permanent {
		return nil
	}
	<-ctx.Done()
	leaving, stop := a.patient(context.WithoutCancel(ctx))
	defer stop()
	if _, err := r.Unregister().Get(leaving); err != nil {
		return err
	}
	return context.Cause(ctx)
}

func (a *app) printRegistered(r *discovery.Registration) error {
	if a.flags.json {
		return printJSONLine(a.out, r.Instance())
	}
	_, err := fmt.Fprintf(a.out, "registered %s: %s\n", screen.Name(r.Path()), screen.Name(whereIs(r.Instance())))
	return err
}
