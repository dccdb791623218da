package schedules

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/zkasync/zkasync-go/internal/chance"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

var (
	schedules = flag.Int("schedules", 20, "how many schedules of faults to run")
	recipes   = flag.String("recipes", "", "the recipes to use, such as mutex,group; by default the seeds choose")
	firstSeed = flag.Uint64("seed", 1, "the seed of the first schedule; the others follow")
)

// TestMain runs everything on one processor. So goroutines that are ready at the same time run in the same order each time, and a
// seed gives the same schedule, except with the race detector, which shuffles them.
func TestMain(m *testing.M) {
	runtime.GOMAXPROCS(1)
	chance.Repeatable()
	goleak.VerifyTestMain(m)
}

// part is one recipe that all processes use.
type part interface {
	queues() []string    // the folders that must be empty in the end
	clearable() []string // the folders that may be deleted by hand
	begin(w *world, random *rand.Rand)
	end()   // called after all actors have ended
	judge() // checks the histories, outside of virtual time
}

// parts are all recipes.
var parts = []struct {
	name string
	make func() part
}{
	{"mutex", mutex}, {"rwmutex", rwmutex}, {"semaphore", semaphore}, {"election", election}, {"counter", counter}, {"group", group}, {"gate", gate},
	{"partition", partition},
}

// draw chooses the recipes of a schedule: one or two at random, or those that the flag names.
func draw(random *rand.Rand) (plays []part) {
	some := random.Perm(len(parts))[:1+random.IntN(2)]
	for i, p := range parts {
		if *recipes == "" && slices.Contains(some, i) || slices.Contains(strings.Split(*recipes, ","), p.name) {
			plays = append(plays, p.make())
		}
	}
	return plays
}

func TestSchedules(t *testing.T) {
	total := newTally(*schedules == 1 && testing.Verbose())
	start := time.Now()
	for i := range *schedules {
		play(t, *firstSeed+uint64(i), total)
	}
	t.Logf("%d schedules in %v:%v", *schedules, time.Since(start).Round(time.Millisecond), total)
}

// play runs a schedule and checks its outcome. If something is wrong, it prints the command that repeats it. It returns the
// requests that the servers got.
func play(t *testing.T, seed uint64, total *tally) (requests []zktest.Request) {
	again := fmt.Sprintf("again: go test ./zkasync/recipe/internal/schedules -run TestSchedules -schedules 1 -seed %d -recipes '%s' -v", seed, *recipes)
	defer func() {
		if p := recover(); p != nil { // package synctest panics if a goroutine is left
			buf := make([]byte, 1<<20)
			t.Errorf("%v\n%s\n%s", p, again, buf[:runtime.Stack(buf, true)])
		}
	}()
	w := &world{seed: seed, tally: total, cleared: make(map[string]int64), parts: 100}
	random := w.random(0)
	plays := draw(random)
	fixNames(t, seed)
	synctest.Test(t, func(t *testing.T) {
		w.t = t
		w.run(random, plays)
		requests = w.ens.Servers()[0].Requests()
	})
	w.t = t
	for _, p := range plays {
		p.judge()
	}
	if len(w.trouble) > 0 {
		t.Errorf("%s\n%s", strings.Join(w.trouble, "\n"), again)
	}
	return requests
}

// run runs the schedule.
func (w *world) run(random *rand.Rand, plays []part) {
	w.ens = zktest.RunEnsemble(w.t, 3+2*random.IntN(2), zktest.WithTick(500*time.Millisecond), zktest.WithSeed(w.seed))
	w.quiet = make(chan struct{}) // must be made inside the bubble of package synctest
	w.calm = time.Now().Add(disturbance)
	slow := []time.Duration{time.Millisecond, 20 * time.Millisecond, 150 * time.Millisecond}[random.IntN(3)]
	for i := range 3 + random.IntN(2) {
		p := &process{w: w, id: i, link: newLink(random.Uint64(), w.ens.Servers()[0], slow), timeout: time.Duration(2+random.IntN(4)) * time.Second}
		w.procs = append(w.procs, p)
		if err := p.start(context.Background()); err != nil {
			w.t.Fatal(err)
		}
	}
	var clearable, queues []string
	for _, p := range plays {
		p.begin(w, random)
		clearable, queues = append(clearable, p.clearable()...), append(queues, p.queues()...)
	}
	w.disturb(clearable)
	w.say("the faults are over")
	close(w.quiet)
	w.actors.Wait()
	w.eventually("nothing is left behind", func() bool { return len(w.leftovers(queues)) == 0 })
	for _, p := range plays {
		p.end()
	}
	for _, p := range w.procs {
		p.close()
		p.link.carriers.Wait()
	}
	w.tally.add("transactions", int(w.zxid()&0xffff))
}

// disturb causes faults, two at a time, and returns when all of them have ended.
func (w *world) disturb(clearable []string) {
	var nemeses sync.WaitGroup
	for i := range 2 {
		n := &nemesis{w: w, random: w.random(uint64(1 + i)), folders: clearable}
		nemeses.Go(n.strike)
	}
	nemeses.Wait()
}
