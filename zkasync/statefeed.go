package zkasync

import "sync"

// feedBuffer is the capacity of a channel of States.
const feedBuffer = 64

// stateFeed is one channel of States. As long as the reader keeps up it needs no goroutine; what does not fit into the
// channel goes to a backlog, which a goroutine feeds into the channel until it is empty.
type stateFeed struct {
	ch      chan StateChange // closed by end
	stopCtx func() bool
	dropped chan struct{} // closed when the end of its context has been dealt with

	mu      sync.Mutex
	backlog []StateChange
	pumping bool
	ended   bool
	quit    chan struct{} // closed by end
	pumps   sync.WaitGroup
}

func newStateFeed() *stateFeed {
	return &stateFeed{ch: make(chan StateChange, feedBuffer), dropped: make(chan struct{}), quit: make(chan struct{})}
}

func (f *stateFeed) put(change StateChange) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ended {
		return
	}
	if !f.pumping {
		select {
		case f.ch <- change:
			return
		default:
		}
		f.pumping = true
		f.pumps.Add(1)
		go f.pump()
	}
	f.backlog = append(f.backlog, change)
}

// pump moves the backlog into the channel as the reader makes room.
func (f *stateFeed) pump() {
	defer f.pumps.Done()
	for {
		f.mu.Lock()
		if len(f.backlog) == 0 || f.ended {
			f.pumping = false
			f.mu.Unlock()
			return
		}
		change := f.backlog[0]
		f.mu.Unlock()
		select {
		case f.ch <- change:
		case <-f.quit:
			continue
		}
		f.mu.Lock()
		f.backlog = f.backlog[1:]
		f.mu.Unlock()
	}
}

// end closes the channel. The last change stays readable, in place of the oldest if there is no room.
func (f *stateFeed) end() {
	f.mu.Lock()
	if f.ended {
		f.mu.Unlock()
		return
	}
	f.ended = true
	close(f.quit)
	f.mu.Unlock()
	f.pumps.Wait()
	for i, change := range f.backlog {
		select {
		case f.ch <- change:
			continue
		default:
		}
		last := f.backlog[len(f.backlog)-1]
		if i < len(f.backlog) {
			select {
			case <-f.ch:
			default:
			}
			f.ch <- last
		}
		break
	}
	f.backlog = nil
	close(f.ch)
}
