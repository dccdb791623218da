package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/screen"
	"github.com/zkasync/zkasync-go/zkasync"
)

func (a *app) watchCommand() *cobra.Command {
	var changes int
	var recursive bool
	cmd := &cobra.Command{
		Use:   "watch PATH",
		Short: "follow the changes of a znode until interrupted",
		Long: `Follows a znode: its data, its children, its creation and deletion, and what
becomes of the connection meanwhile: an outage is told and waited for, however
long it is. The znode need not exist yet.

A watch tells that something has changed, not what: of several changes in quick
succession the last one is shown, and the version says how many there were.

With -r everything below the znode is followed too, with the paths of what is
created, changed and deleted. After a lost connection some of it may have been
missed, which is then said. It needs ZooKeeper 3.6 or later.`,
		Example: "  zkdemo watch /config\n  zkdemo watch -r /                   # whatever happens\n  zkdemo watch /members --count 1     # wait for one change",
		Args:    argCount(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			path := args[0]
			if err := checkPath(path); err != nil {
				return err
			}
			if changes < 0 {
				return usagef("--count %d: must be 1 or more, or 0 for any number", changes)
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c *zkasync.Client) error {
				f := &follower{a: a, c: c, path: path, limit: changes, style: screen.StyleFor(a.stdout)}
				if recursive {
					return f.followTree(ctx)
				}
				return f.follow(ctx)
			})
		},
	}
	cmd.Flags().BoolVarP(&recursive, "recursive", "r", false, "follow all that is below it too")
	cmd.Flags().IntVar(&changes, "count", 0, "stop after `n` changes (0: never)")
	return cmd
}

// The kinds of change that watch reports.
const (
	changeThere   = "there" // what was found at the beginning
	changeAbsent  = "absent"
	changeCreated = "created"
	changeDeleted = "deleted"
	changeData    = "data"
	changeAdded   = "child added"
	changeRemoved = "child removed"
	changeState   = "connection"
	changeWatched = "watching" // that a tree is followed from now on
	changeMissed  = "missed"   // that there may have been changes that nobody was told of
)

// change is one thing that was seen.
type change struct {
	Time     time.Time `json:"time"`
	Change   string    `json:"change"`
	Path     string    `json:"path"`
	Version  *int32    `json:"version,omitempty"` // of the data
	Data     *dataJSON `json:"data,omitempty"`
	Children *int      `json:"children,omitempty"`
	State    string    `json:"state,omitempty"` // of the connection
	text     string
}

// isChange tells what --count counts from the rest.
func (ch change) isChange() bool {
	switch ch.Change {
	case changeThere, changeAbsent, changeState, changeWatched, changeMissed:
		return false
	}
	return true
}

// report prints a change, as a line for people or for programs.
func (f *follower) report(ch change) error {
	ch.Time = time.Now()
	if ch.isChange() {
		f.seen++
	}
	if f.a.flags.json {
		return printJSONLine(f.a.out, ch)
	}
	_, err := fmt.Fprintf(f.a.out, "%s  %s  %s\n", f.style.Dim(ch.Time.Format("15:04:05.000")),
		f.colour(ch.Change)(fmt.Sprintf("%-13s", ch.Change)), ch.text)
	return err
}

func (f *follower) colour(change string) func(string) string {
	switch change {
	case changeCreated, changeAdded:
		return f.style.Good
	case changeDeleted, changeRemoved:
		return f.style.Bad
	case changeState, changeMissed:
		return f.style.Notice
	}
	return f.style.Bold
}
