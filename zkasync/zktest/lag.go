package zktest

// keepsUp reports whether s applies transactions as they come.
func (s *Server) keepsUp() bool { return true }

// lagged is told that the backlog has grown.
func (s *Server) lagged() {}

// hurry is told that a client of s waits for a transaction.
func (s *Server) hurry(int64) {}

func (w *world) reconfigured(*txn) {}

func (p *plan) reconfig(*operation, *txn) int32 {
	if !p.w.cfg.reconfigEnabled {
		return codeReconfigDisabled
	}
	return codeUnimplemented
}
