package zkprom

import _ "embed"

// Dashboard is a dashboard for Grafana, in JSON, of what a [Hook] and a [Collector] export. It is to be imported as it is; it asks
// for the data source, and has variables for job and instance. It needs no label but those.
//
//go:embed dashboard.json
var Dashboard string
