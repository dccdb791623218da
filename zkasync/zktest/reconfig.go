package zktest

// reconfig refuses to change who the servers are.
func (p *plan) reconfig(*operation, *txn) int32 {
	if !p.w.cfg.reconfigEnabled {
		return codeReconfigDisabled
	}
	return codeUnimplemented
}
