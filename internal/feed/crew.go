package feed

import "sync"

// Crew counts goroutines. Unlike a sync.WaitGroup it may grow from zero while somebody waits. The zero value is ready to use.
type Crew struct {
	mu   sync.Mutex
	n    int
	idle chan struct{} // closed when n falls to zero; nil while nobody waits
}

// Enter adds one goroutine.
func (c *Crew) Enter() {
	c.mu.Lock()
	c.n++
	c.mu.Unlock()
}

// Leave removes one goroutine. It must be the last thing that the goroutine does.
func (c *Crew) Leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n--
	if c.n == 0 && c.idle != nil {
		close(c.idle)
		c.idle = nil
	}
}

// Wait returns when no goroutine is left.
func (c *Crew) Wait() {
	c.mu.Lock()
	if c.n == 0 {
		c.mu.Unlock()
		return
	}
	if c.idle == nil {
		c.idle = make(chan struct{})
	}
	idle := c.idle
	c.mu.Unlock()
	<-idle
}
