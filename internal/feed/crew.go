package feed

import "sync"

// Crew counts goroutines. Unlike a sync.WaitGroup it may grow from zero while somebody waits. The zero value is ready.
type Crew struct {
	mu   sync.Mutex
	n    int
	idle chan struct{} // closed when n falls to zero; nil while nobody waits
}

// Enter counts one more.
func (c *Crew) Enter() {
	c.mu.Lock()
	c.n++
	c.mu.Unlock()
}

// Leave counts one less: it is what a goroutine does last.
func (c *Crew) Leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n--
	if c.n == 0 && c.idle != nil {
		close(c.idle)
		c.idle = nil
	}
}

// Wait returns when there is none.
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
