package zkserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

const (
	startTimeout = time.Minute // several servers that start side by side on a busy machine have taken more than half of it
	// launchAttempts bounds how often other ports are tried.
	launchAttempts = 5
	// logLines is how many lines of a log an error or a failed test shows.
	logLines = 40
)

// launch starts n servers, as an ensemble if n is more than one.
func launch(ctx context.Context, n int, opts options) ([]*Server, error) {
	install, err := find()
	if err != nil {
		return nil, err
	}
	if n < 1 || n > 1 && opts.port != 0 {
		return nil, fmt.Errorf("zkserver: %d servers with port %d", n, opts.port)
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for attempt := 1; ; attempt++ {
		servers, err := launchOnce(ctx, n, opts, install)
		if err == nil {
			return servers, nil
		}
		// Another program may take a port between its choice and its use.
		if !errors.Is(err, errPortTaken) || opts.port != 0 || attempt == launchAttempts {
			return nil, err
		}
	}
}

func launchOnce(ctx context.Context, n int, opts options, install installation) ([]*Server, error) {
	servers, err := prepare(n, opts, install)
	if err == nil {
		err = each(servers, func(s *Server) error { return s.Boot() })
	}
	if err == nil {
		err = allReady(ctx, servers)
	}
	if err != nil {
		return nil, errors.Join(err, each(servers, func(s *Server) error { return s.Stop(ctx) }))
	}
	return servers, nil
}

// allReady waits until every server is ready. Once one has failed it waits for none,
// because the others may never be ready without it.
func allReady(ctx context.Context, servers []*Server) error {
	ctx, giveUp := context.WithCancel(ctx)
	defer giveUp()
	return each(servers, func(s *Server) error {
		err := s.Ready(ctx)
		if err != nil {
			giveUp()
		}
		return err
	})
}

// prepare gives n servers their ports, folders and files. If it returns an error, the
// caller must stop the servers that it returns.
func prepare(n int, opts options, install installation) ([]*Server, error) {
	var servers []*Server
	var members []setting
	for id := 1; id <= n; id++ {
		s := &Server{opts: opts, install: install, id: id}
		servers = append(servers, s)
		if err := s.prepare(n); err != nil {
			return servers, err
		}
		members = append(members, s.member())
	}
	for _, s := range servers {
		if n > 1 {
			s.members = members
		}
		if err := s.writeFiles(); err != nil {
			return servers, s.errorf("write the files of", err)
		}
	}
	return servers, nil
}

// member returns the setting that says how the servers of an ensemble and its clients reach this server.
func (s *Server) member() setting {
	role := ""
	if s.observer {
		role = ":observer"
	}
	return setting{
		"server." + strconv.Itoa(s.id),
		fmt.Sprintf("%s:%d:%d%s;%s", host, s.ports.quorum, s.ports.election, role, s.Addr()),
	}
}

func (s *Server) prepare(n int) (err error) {
	if s.ports, err = s.opts.takePorts(n > 1); err != nil {
		return err
	}
	if s.opts.tls {
		if s.certs, err = newCertificates(); err != nil {
			return err
		}
	}
	if s.opts.dir == "" {
		s.dir, err = os.MkdirTemp("", "zkserver-")
		return err
	}
	if s.dir, err = filepath.Abs(s.opts.dir); err != nil {
		return err
	}
	if n > 1 {
		s.dir = filepath.Join(s.dir, strconv.Itoa(s.id))
	}
	return os.MkdirAll(s.dir, 0o700)
}

func (o options) takePorts(ensemble bool) (p serverPorts, err error) {
	p.client = o.port
	take := func(port *int, wanted bool) {
		if err == nil && wanted {
			*port, err = o.takePort()
		}
	}
	take(&p.client, o.port == 0)
	take(&p.secure, o.tls)
	take(&p.quorum, ensemble)
	take(&p.election, ensemble)
	return p, err
}

func (p serverPorts) release() {
	for _, port := range []int{p.client, p.secure, p.quorum, p.election} {
		releasePort(port)
	}
}

// each calls fn for all servers concurrently and joins the errors.
func each(servers []*Server, fn func(*Server) error) error {
	errs := make([]error, len(servers))
	var wg sync.WaitGroup
	for i, s := range servers {
		wg.Go(func() { errs[i] = fn(s) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
