package handler

import "testing"

// BenchmarkExecute measures the cost to the goroutine that queues a callback. If another
// goroutine runs the callbacks, it does so meanwhile; Inline's cost includes the run.
func BenchmarkExecute(b *testing.B) {
	for _, name := range []string{"Sequential", "TwoQueues", "Inline", "Pool"} {
		b.Run(name, func(b *testing.B) {
			h := makers[name]()
			if err := h.Start(nil); err != nil {
				b.Fatal(err)
			}
			benchmarkExecute(b, h)
			if err := h.Stop(b.Context()); err != nil {
				b.Fatal(err)
			}
		})
	}
	b.Run("NotRunning", func(b *testing.B) { benchmarkExecute(b, NewSequential()) })
}

func benchmarkExecute(b *testing.B, h Handler) {
	lane, task := h.Lane(Completion, "/path"), Task(&nop{})
	b.ReportAllocs()
	for b.Loop() {
		lane.Execute(task)
	}
}

// BenchmarkThroughput measures the time from queueing to the end of the run, for each of
// many callbacks.
func BenchmarkThroughput(b *testing.B) {
	h := NewSequential()
	if err := h.Start(nil); err != nil {
		b.Fatal(err)
	}
	lane, task, done := h.Lane(Completion, ""), Task(&nop{}), make(signal)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		lane.Execute(task)
	}
	lane.Execute(done)
	<-done
	b.StopTimer()
	if err := h.Stop(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkWake measures the round trip of a callback that finds its handler idle.
func BenchmarkWake(b *testing.B) {
	h := NewSequential()
	if err := h.Start(nil); err != nil {
		b.Fatal(err)
	}
	lane, done := h.Lane(Completion, ""), make(signal)
	task := Task(done)
	b.ReportAllocs()
	for b.Loop() {
		lane.Execute(task)
		<-done
	}
	if err := h.Stop(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkLane measures the choice of a lane, which for a Pool hashes the path.
func BenchmarkLane(b *testing.B) {
	for name, newHandler := range makers {
		b.Run(name, func(b *testing.B) {
			h := newHandler()
			b.ReportAllocs()
			for b.Loop() {
				h.Lane(Watch, "/services/api/providers/10.0.0.1:8080")
			}
		})
	}
}

// BenchmarkInCallback measures the check that Close makes, from within a callback.
func BenchmarkInCallback(b *testing.B) {
	h := NewInline()
	h.Lane(State, "").Execute(fn(func() {
		b.ReportAllocs()
		for b.Loop() {
			h.InCallback()
		}
	}))
}
