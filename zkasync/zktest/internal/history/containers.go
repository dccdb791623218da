package history

import (
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/jute"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/plan"
)

// planCleaning sets an alarm for clean, if the leader has any containers or znodes with a TTL. The alarm goes off at a multiple of
// the interval since the start, as on a server whose timer runs all the time.
func (h *History) planCleaning() {
	if h.cleaning || h.leader == nil || h.leader.tree.Expirables.Len() == 0 {
		return
	}
	h.cleaning = true
	rounds := h.Now().Sub(h.Start())/h.cfg.CleanEvery + 1
	h.At(h.Start().Add(rounds*h.cfg.CleanEvery), func() {
		h.cleaning = false
		h.clean()
		h.planCleaning()
	})
}

// clean deletes the containers that have been used and are empty, and the znodes whose TTL has passed (ContainerManager). Each
// deletion uses up a zxid.
func (h *History) clean() {
	if h.leader == nil {
		return
	}
	for _, path := range h.leader.tree.Expirables.Clone().List {
		if n := h.leader.tree.Find(path); n == nil || !n.IsOver(h.Now(), h.cfg.Rules.UnusedEnd) {
			continue
		}
		t := h.newTxn(0)
		p := plan.Plan{Rules: &h.cfg.Rules, Tree: h.leader.tree}
		p.Decide(&jute.Operation{Op: wire.OpDeleteContainer, Path: jute.Text{S: path}}, t)
		h.commit(t)
	}
}
