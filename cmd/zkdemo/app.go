package main

import (
	"io"
	"sync/atomic"
)

// app is one run of the program.
type app struct {
	input  io.Reader // the input itself, for commands that zkdemo runs
	stdin  io.Reader
	stdout io.Writer // the output itself, for those commands, and to ask whether it is a terminal
	stderr io.Writer
	out    *output
	flags  globalFlags
	doing  string // the command and its first argument, for messages
	stream
}

// stream counts reads and writes, so that execute can notice a command that is stuck in one.
type stream struct {
	blocked atomic.Int32 // how many are under way
	streams atomic.Int64 // how many have begun
}

// during calls fn, which reads or writes.
func (s *stream) during(fn func() (int, error)) (int, error) {
	s.streams.Add(1)
	s.blocked.Add(1)
	defer s.blocked.Add(-1)
	return fn()
}

// watchedReader is a reader whose reads are counted.
type watchedReader struct {
	io.Reader
	s *stream
}

func (r watchedReader) Read(p []byte) (int, error) {
	return r.s.during(func() (int, error) { return r.Reader.Read(p) })
}

// watchedWriter is a writer whose writes are counted.
type watchedWriter struct {
	io.Writer
	s *stream
}

func (w watchedWriter) Write(p []byte) (int, error) {
	return w.s.during(func() (int, error) { return w.Writer.Write(p) })
}
