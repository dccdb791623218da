package tour

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/go-zookeeper/zk"
)

// cleanupTime limits the deletion of the tour's znodes, which happens even after an interruption.
const cleanupTime = 5 * time.Second

// How goroutines are counted: once per lingerStep, until the count has not fallen for stillSteps steps.
const (
	lingerStep  = time.Millisecond
	lingerSteps = 100 // the most steps
	stillSteps  = 10
)

// shutdown deletes the tour's znodes and closes its client. With tell, and if the deletion succeeds, it is a section of the
// tour.
func (g *guide) shutdown(tell bool) error {
	begun := time.Now()
	deleted, cleanErr := g.clean()
	tell = tell && cleanErr == nil
	if tell {
		g.section("Shutting down, with nothing left", "zk.stop()")
		g.say("The tour deletes its own znode, with everything below it, and closes its client. Close sends what is queued, " +
			"ends the session at the server, runs the last callbacks and waits for every goroutine:")
		g.code(`c.DeleteAll(ctx, "/")                            // on the tour's own znode`)
		g.after(begun, "deleted %d znodes", deleted)
		g.code("c.Close()")
	}
	running := runtime.NumGoroutine()
	begun = time.Now()
	err := g.c.Close()
	took := time.Since(begun)
	if err == nil && tell {
		g.took(took, "closed; the state is %v", g.c.State())
		g.got("goroutines: %d before the tour, %d while connected, %s now", g.goroutines, running, g.remaining())
		fmt.Fprintln(g.w)
	}
	return errors.Join(cleanErr, err)
}

// clean deletes the tour's znodes, even after an interruption.
func (g *guide) clean() (deleted int, err error) {
	if !g.used {
		return 0, nil
	}
	cleaning, stop := context.WithTimeout(context.WithoutCancel(g.ctx), cleanupTime)
	defer stop()
	deleted, err = g.c.DeleteAll(cleaning, g.root).Get(cleaning)
	if errors.Is(err, zk.ErrNoNode) { // interrupted before it was created
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("the tour's znode %s may be left behind: %w", g.root, err)
	}
	return deleted, nil
}

// remaining returns the number of goroutines that are left, in red if there are more than before the tour.
func (g *guide) remaining() string {
	n := goroutines()
	if n > g.goroutines {
		return g.style.Bad(fmt.Sprint(n))
	}
	return g.style.Good(fmt.Sprint(n))
}

// goroutines counts the process's goroutines. It waits until the count stops falling, since a goroutine that has been joined
// may still be counted for a moment.
func goroutines() int {
	tick := time.NewTicker(lingerStep)
	defer tick.Stop()
	least, still := runtime.NumGoroutine(), 0
	for range lingerSteps {
		<-tick.C
		if n := runtime.NumGoroutine(); n < least {
			least, still = n, 0
		} else if still++; still == stillSteps {
			break
		}
	}
	return least
}
