package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/screen"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

func (a *app) membersCommand() *cobra.Command {
	var name, data string
	cmd := &cobra.Command{
		Use:   "members PATH",
		Short: "follow who is in a group, or be in it",
		Long: `Prints the members of a group, which are the children of a path, with their data,
and prints them again after each change, until interrupted.

With --join this process is a member meanwhile: its znode is created again when its
session ends or somebody deletes it.`,
		Example: "  zkdemo members /services/web\n  zkdemo members /services/web --join host1 --data 10.0.0.1:80",
		Args:    argCount(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			path := args[0]
			if err := checkPath(path); err != nil {
				return err
			}
			if name == "" && cmd.Flags().Changed("data") {
				return usagef("--data needs --join")
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c *zkasync.Client) error {
				group := recipe.NewGroup(c, path)
				if name != "" {
					joining, stop := a.patient(ctx)
					defer stop()
					if _, err := group.Join(name, []byte(data)).Ready().Get(joining); err != nil {
						return err
					}
				}
				return a.followMembers(ctx, group)
			})
		},
	}
	cmd.Flags().StringVar(&name, "join", "", "be a member under this `name`")
	cmd.Flags().StringVar(&data, "data", "", "the data of that member")
	return cmd
}

// membersJSON is the JSON for the members of a group.
type membersJSON struct {
	Time    time.Time    `json:"time"`
	Members []memberJSON `json:"members"`
}

type memberJSON struct {
	Name string    `json:"name"`
	Data *dataJSON `json:"data"`
}

func (a *app) followMembers(ctx context.Context, group *recipe.Group) error {
	for members, err := range group.Watch(ctx) {
		if err != nil {
			return err
		}
		if err := a.printMembers(members); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) printMembers(members []recipe.Member) error {
	now := time.Now()
	if a.flags.json {
		m := membersJSON{Time: now, Members: []memberJSON{}}
		for _, one := range members {
			m.Members = append(m.Members, memberJSON{one.Name, newDataJSON(one.Data)})
		}
		return printJSONLine(a.out, m)
	}
	if _, err := fmt.Fprintf(a.out, "%s  %s\n", now.Format("15:04:05.000"), screen.Plural(int64(len(members)), "member", "members")); err != nil {
		return err
	}
	for _, m := range members {
		if _, err := fmt.Fprintf(a.out, "    %s  %s\n", screen.Name(m.Name), screen.Preview(m.Data, previewLength)); err != nil {
			return err
		}
	}
	return nil
}
