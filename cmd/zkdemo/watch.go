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
		Long: `Follows a znode: its data, its children, its creation and its deletion. The state
of the connection is reported too: the command waits for the end of an outage,
however long it takes. The znode need not exist yet.

A watch tells that something has changed, but not what. If several changes follow
each other quickly, only the last one is shown; the version tells how many there
were.

With -r everything below the znode is followed too, and each line shows the path
of what was created, changed or deleted. Some changes may be missed while the
connection is lost; a line says so. This needs ZooKeeper 3.6 or later.`,
		Example: "  zkdemo watch /config\n  zkdemo watch -r /                   # every change on the server\n  zkdemo watch /members --count 1     # wait for one change",
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
	cmd.Flags().BoolVarP(&recursive, "recursive", "r", false, "follow everything below it too")
	cmd.Flags().IntVar(&changes, "count", 0, "stop after `n` changes (0: never)")
	return cmd
}

// The kinds of change that watch reports.
const (
	changeThere   = "there" // what the first read has found
	changeAbsent  = "absent"
	changeCreated = "created"
	changeDeleted = "deleted"
	changeData    = "data"
	changeAdded   = "child added"
	changeRemoved = "child removed"
	changeState   = "connection"
	changeWatched = "watching" // a tree is followed from now on
	changeMissed  = "missed"   // some changes may not have been reported
)

// change is one line of the report.
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

// isChange reports whether --count counts it.
func (ch change) isChange() bool {
	switch ch.Change {
	case changeThere, changeAbsent, changeState, changeWatched, changeMissed:
		return false
	}
	return true
}

// report prints a change on a line, as text or as JSON.
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
