package zktest

// WithClickHouseKeeper has the server treat sessions as ClickHouse Keeper does: a client that reconnects is granted a new
// session, and is not told that the old one is gone; that expires by and by, with its ephemeral znodes. The znodes
// /keeper/api_version and /keeper/feature_flags are there. Keeper's own operations, from 500 on, are not known.
func WithClickHouseKeeper() Option {
	return Option{func(cfg *config) error {
		cfg.keeper = true
		return nil
	}}
}

// The features that are told: children with stats in one answer and the like are not, reads in a multi are (MULTI_READ).
const (
	keeperVersion  = "2"
	keeperFeatures = "\x02"
)

// addKeeper puts Keeper's znodes into a new tree.
func (t *tree) addKeeper() {
	keeper := t.seed(t.root, "keeper")
	t.seed(keeper, "api_version").data = []byte(keeperVersion)
	t.seed(keeper, "feature_flags").data = []byte(keeperFeatures)
}
