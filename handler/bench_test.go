package handler

import (
	"sync"
	"testing"
)

type nop struct{}

func (nop) Run() {}

type lastOne struct{ wg *sync.WaitGroup }

func (l lastOne) Run() { l.wg.Done() }

func benchmarkExecute(b *testing.B, h Handler) {
	if err := h.Start(nil); err != nil {
		b.Fatal(err)
	}
	lane := h.Lane(Completion, "/path")
	task := Task(&nop{})
	b.ReportAllocs()
	for b.Loop() {
		lane.Execute(task)
	}
	stopAfter(b, h)
}

func stopAfter(b *testing.B, h Handler) {
	if err := h.Stop(b.Context()); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkSequential_Execute(b *testing.B) { benchmarkExecute(b, NewSequential()) }
func BenchmarkInline_Execute(b *testing.B)     { benchmarkExecute(b, NewInline()) }
func BenchmarkPool_Execute(b *testing.B)       { benchmarkExecute(b, NewPool(2)) }
func BenchmarkNotRunning_Execute(b *testing.B) {
	h := NewSequential()
	l := h.Lane(0, "")
	t := Task(&nop{})
	b.ReportAllocs()
	for b.Loop() {
		l.Execute(t)
	}
}

var _ = lastOne{}
