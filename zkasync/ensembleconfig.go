package zkasync

import (
	"context"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/ensemble"
)

// configPath is where servers since 3.5 keep the configuration of their ensemble.
const configPath = "/zookeeper/config"

// Config reads the configuration of the ensemble, as the present server has it (Java: getConfig; servers since 3.5,
// ZOOKEEPER-107). It is the server's own znode /zookeeper/config, which a chroot does not hide. A standalone server
// answers with a configuration without servers.
//
// A server that lags may have an older one; a [Client.Sync] of any path before the call has it catch up. The usual
// rejections are zk.ErrNoNode, from servers before 3.5, and zk.ErrNoAuth, if somebody has changed the znode's access
// control list: by default everybody may read it. A text that cannot be parsed gives an [*ensemble.ParseError], which has
// the text.
func (c *Client) Config(ctx context.Context) *future.Future[ensemble.Config] {
	return ask(&c.whole, ctx, c.completion(configPath), configKind, configPath)
}

// WatchConfig keeps the configuration of the ensemble current, as WatchData does with a znode's data (Curator:
// EnsembleTracker). It ends when ctx is done, on Close, or with the client; Err then says why. There is no value with Exists
// on servers before 3.5. If the configuration may not be read, or cannot be parsed, the value's Err says so: the latter is an
// [*ensemble.ParseError].
func (c *Client) WatchConfig(ctx context.Context) *Live[ensemble.Config] {
	return newLive(c.outside(), ctx, liveConfig, configPath)
}

var liveConfig = &liveKind[ensemble.Config]{op: "watch config", read: configKind, changes: liveData.changes,
	version: func(config ensemble.Config) int64 { return config.Version },
	// Ensembles whose configuration stands in files alone have version 0 whatever it is.
	same: func(a, b ensemble.Config) bool { return a.Text == b.Text }}

var configKind = &readKind[ensemble.Config]{code: wire.OpGetData, flagged: true, on: getKind.on, decode: decodeConfig}

func decodeConfig(_ *view, body []byte) (ensemble.Config, error) {
	data, _, err := wire.DecodeData(body)
	if err != nil {
		return ensemble.Config{}, err
	}
	return ensemble.Parse(string(data))
}
