package main

import (
	"context"
	"fmt"
	"os/exec"
	"time"

	"github.com/spf13/cobra"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/screen"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

func (a *app) electCommand() *cobra.Command {
	var value string
	cmd := &cobra.Command{
		Use:   "elect PATH [-- COMMAND [ARGUMENT]...]",
		Short: "follow who leads, or lead and run a command",
		Long: `Without a command, prints who leads the election at a path, and then each new
leader, until interrupted. Candidates may use zkasync's Election, Curator's
LeaderLatch and LeaderSelector, or kazoo's Election.

With a command, stands for election and runs the command while leading. When the
lead is lost, the command is asked to end (SIGTERM), and is killed after ` + endOfCommand.String() + `;
the exit code is then 1. In $` + fenceVariable + ` the command finds a number that grows
with every leader.`,
		Example: `  zkdemo elect /leader                                   # who leads?
  zkdemo elect /leader --value $(hostname) -- ./scheduler`,
		Args: func(cmd *cobra.Command, args []string) error {
			if dash := cmd.ArgsLenAtDash(); len(args) == 0 || dash != 1 && len(args) > 1 {
				return usagef("elect: want one path, and the command after --; usage: %s", cmd.UseLine())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkPath(args[0]); err != nil {
				return err
			}
			if len(args) > 1 {
				if _, err := exec.LookPath(args[1]); err != nil {
					return usagef("elect: %w", err)
				}
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c *zkasync.Client) error {
				election := recipe.NewElection(c, args[0])
				if len(args) > 1 {
					return a.lead(ctx, election, value, args[1:])
				}
				return a.followLeaders(ctx, election)
			})
		},
	}
	cmd.Flags().StringVar(&value, "value", "", "how others see this candidate (default: host name and process id)")
	return cmd
}

func (a *app) lead(ctx context.Context, election *recipe.Election, value string, command []string) error {
	var data []byte
	if value != "" {
		data = []byte(value)
	}
	held, err := election.Campaign(ctx, data).Get(context.WithoutCancel(ctx)) // ctx ends it
	if err != nil {
		return err
	}
	return a.holding(ctx, held, command)
}

// leaderJSON is the JSON for a leader.
type leaderJSON struct {
	Time    time.Time `json:"time"`
	Leader  string    `json:"leader"` // "" when nobody leads
	Path    string    `json:"path,omitempty"`
	Fence   string    `json:"fence,omitempty"` // a string, since it may be above 2⁵³
	Session sessionID `json:"session,omitempty"`
}

func (a *app) followLeaders(ctx context.Context, election *recipe.Election) error {
	for leader, err := range election.Observe(ctx).All(ctx) {
		if err != nil {
			return err
		}
		if err := a.printLeader(leader); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) printLeader(leader recipe.Contender) error {
	now := time.Now()
	if a.flags.json {
		l := leaderJSON{Time: now, Leader: leader.Identifier, Path: leader.Path}
		if leader.Path != "" {
			l.Fence, l.Session = fmt.Sprint(leader.Fence), sessionID(leader.SessionID)
		}
		return printJSONLine(a.out, l)
	}
	text := "nobody"
	if leader.Path != "" {
		text = fmt.Sprintf("%s (%s)", screen.Name(leader.Identifier), screen.Name(leader.Path))
	}
	_, err := fmt.Fprintf(a.out, "%s  %s\n", now.Format("15:04:05.000"), text)
	return err
}
