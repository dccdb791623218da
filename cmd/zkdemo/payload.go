package main

import (
	"io"
	"os"

	"github.com/spf13/pflag"
)

// defaultMaxRequest is ZooKeeper's default limit for one request, jute.maxbuffer.
const defaultMaxRequest = 0xfffff

// payload is where a command takes a znode's data from.
type payload struct{ file string }

func (p *payload) register(f *pflag.FlagSet) {
	f.StringVarP(&p.file, "file", "f", "", "take the data from `file`, - for the standard input")
}

const payloadHelp = `The data are either the argument DATA, byte for byte, or the contents of --file.`

// read returns the data, or nil if the command line names none.
func (p *payload) read(s *stream, stdin io.Reader, args []string) ([]byte, error) {
	switch {
	case len(args) > 0 && p.file != "":
		return nil, usagef("data are given twice, as the argument %q and as --file %s", args[0], p.file)
	case len(args) > 0:
		return []byte(args[0]), nil
	case p.file == "-":
		return readLimited(stdin, "the standard input")
	case p.file != "":
		var f *os.File
		_, err := s.during(func() (_ int, err error) { // opening a pipe waits for somebody who writes to it
			f, err = os.Open(p.file)
			return 0, err
		})
		if err != nil {
			return nil, usagef("--file: %w", err)
		}
		defer f.Close()
		return readLimited(watchedReader{f, s}, p.file)
	}
	return nil, nil
}

// readLimited reads all of r, but not much more than a znode can hold, so that a wrong file does not fill the memory.
func readLimited(r io.Reader, name string) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, defaultMaxRequest+1))
	if err != nil {
		return nil, usagef("reading %s: %w", name, err)
	}
	if len(data) > defaultMaxRequest {
		return nil, usagef("%s has more than %d bytes, which is more than one request may hold", name, defaultMaxRequest)
	}
	return data, nil
}
