package zkprom_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"
	"go.uber.org/goleak"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zkprom"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// exported has a client do a bit of everything, and returns what a registry of its metrics then holds.
func exported(t *testing.T, servers string, lose func(), opts ...zkasync.Option) (*prometheus.Registry, *zkasync.Client) {
	t.Helper()
	hook, err := zkprom.NewHook(zkprom.WithLabels(prometheus.Labels{"client": "test"}))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := zkasync.Connect(ctx, servers, append(opts, zkasync.WithHooks(hook), zkasync.WithSlowCallback(10*time.Millisecond))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	stats, err := zkprom.NewCollector(c, zkprom.WithLabels(prometheus.Labels{"client": "test"}))
	if err != nil {
		t.Fatal(err)
	}
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(hook, stats)

	root := fmt.Sprintf("/zkprom-%d", time.Now().UnixNano())
	must(t, c.Create(ctx, root, []byte("data")))
	event := must(t, c.GetW(ctx, root)).Event
	must(t, c.AddWatch(ctx, root, zkasync.Persistent))
	must(t, c.Set(ctx, root, nil, zkasync.AnyVersion))
	must(t, event)
	gets := make([]*future.Future[zkasync.Node], 500)
	for i := range gets {
		gets[i] = c.Get(ctx, root)
	}
	must(t, future.All(gets...))
	if _, err := c.Get(ctx, root+"/missing").Get(ctx); err == nil {
		t.Fatal("a missing znode was read")
	}
	if _, err := c.Get(ctx, "no path").Get(ctx); err == nil {
		t.Fatal("a bad path was read")
	}
	slow := make(chan struct{})
	c.Exists(ctx, "/").OnDone(func(*zk.Stat, error) { time.Sleep(50 * time.Millisecond); close(slow) })
	<-slow
	if lose != nil {
		lose()
		reconnected(t, c)
		must(t, c.DeleteAll(ctx, root))
	}
	return registry, c
}

func must[T any](t *testing.T, f *future.Future[T]) T {
	t.Helper()
	v, err := f.Get(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// reconnected waits until the client has its second connection.
func reconnected(t *testing.T, c *zkasync.Client) {
	t.Helper()
	for end := time.Now().Add(time.Minute); c.Stats().Reconnects == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the client did not connect again")
		}
	}
}

// values returns what a registry holds, by the name and labels of each series, but not client. Of a histogram it is the count.
func values(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]float64)
	for _, f := range families {
		for _, m := range f.Metric {
			var labels []string
			for _, l := range m.Label {
				if l.GetName() == "client" && l.GetValue() == "test" {
					continue
				}
				labels = append(labels, l.GetName()+"="+l.GetValue())
			}
			all[f.GetName()+"{"+strings.Join(labels, ",")+"}"] = value(m)
		}
	}
	return all
}

func value(m *dto.Metric) float64 {
	switch {
	case m.Counter != nil:
		return m.Counter.GetValue()
	case m.Gauge != nil:
		return m.Gauge.GetValue()
	default:
		return float64(m.Histogram.GetSampleCount())
	}
}

func TestMetrics_SayWhatTheClientDid(t *testing.T) {
	srv := zktest.Run(t)
	registry, c := exported(t, srv.Addr(), func() { srv.Drop() }, srv.Options()...)
	if got := values(t, registry); got["zookeeper_client_connected{}"] != 1 || got["zookeeper_client_subscriptions{}"] != 1 {
		t.Errorf("connected %v, %v subscriptions", got["zookeeper_client_connected{}"], got["zookeeper_client_subscriptions{}"])
	}
	if err := c.Close(); err != nil { // after which hooks have been told everything
		t.Fatal(err)
	}
	got := values(t, registry)
	for series, want := range map[string]float64{
		"zookeeper_client_operations_total{error_type=,operation=create}":                1,
		"zookeeper_client_operations_total{error_type=,operation=get}":                   501,
		"zookeeper_client_operations_total{error_type=NoNode,operation=get}":             1,
		"zookeeper_client_operations_total{error_type=BadArguments,operation=get}":       1,
		"zookeeper_client_operations_total{error_type=,operation=delete all}":            1,
		"zookeeper_client_operation_duration_seconds{operation=get,outcome=ok}":          501,
		"zookeeper_client_operation_duration_seconds{operation=get,outcome=rejected}":    1,
		"zookeeper_client_operation_duration_seconds{operation=get,outcome=not_sent}":    1,
		"zookeeper_client_operation_queue_seconds{operation=get}":                        502,
		"zookeeper_client_connections_total{server=" + srv.Addr() + "}":                  2,
		"zookeeper_client_disconnections_total{reason=lost,server=" + srv.Addr() + "}":   1,
		"zookeeper_client_disconnections_total{reason=closed,server=" + srv.Addr() + "}": 1,
		"zookeeper_client_state_changes_total{state=Connected}":                          2,
		"zookeeper_client_state_changes_total{state=Closed}":                             1,
		"zookeeper_client_state{state=Closed}":                                           1,
		"zookeeper_client_state{state=Connected}":                                        0,
		"zookeeper_client_watch_events_total{kind=data,step=set}":                        1,
		"zookeeper_client_watch_events_total{kind=data,step=fired}":                      1,
		"zookeeper_client_watch_events_total{kind=persistent,step=resync}":               1,
		"zookeeper_client_submitted_requests_total{request=get}":                         502,
		"zookeeper_client_failed_requests_total{outcome=rejected}":                       1,
		"zookeeper_client_reconnects_total{}":                                            1,
		"zookeeper_client_connected{}":                                                   0,
		"zookeeper_client_slow_callbacks_running{}":                                      0,
		"zookeeper_client_connection_seconds{}":                                          2,
	} {
		if v, ok := got[series]; !ok || v != want {
			t.Errorf("%s is %v (there: %v), want %v", series, v, ok, want)
		}
	}
	if got["zookeeper_client_slow_callbacks_total{}"] == 0 {
		t.Error("no slow callback")
	}
	carried := got["zookeeper_client_request_operations_total{request=get}"] + got["zookeeper_client_request_operations_total{request=multi read}"]
	if carried != 502 {
		t.Errorf("requests carried %v gets, want 502", carried)
	}
}

// Every metric that the dashboard asks for was exported by a client, and every one that is exported is documented.
func TestDashboard_AsksForWhatIsThere(t *testing.T) {
	srv := zktest.Run(t)
	registry, c := exported(t, srv.Addr(), func() { srv.Drop() }, srv.Options()...)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	checkDashboard(t, registry)
}

func TestDashboard_WithARealServer(t *testing.T) {
	registry, c := exported(t, zkserver.Run(t).Addr(), nil)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	checkDashboard(t, registry)
}

func checkDashboard(t *testing.T, registry *prometheus.Registry) {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	labels := make(map[string][]string) // by family
	for _, f := range families {
		for _, m := range f.Metric {
			for _, l := range m.Label {
				labels[f.GetName()] = append(labels[f.GetName()], l.GetName())
			}
		}
	}
	asked := make(map[string]bool)
	for _, expr := range expressions(t) {
		for _, m := range metric.FindAllStringSubmatch(expr, -1) {
			name := regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(m[1], "")
			asked[name] = true
			if labels[name] == nil {
				t.Errorf("%s is not exported: %s", m[1], expr)
				continue
			}
			for _, l := range regexp.MustCompile(`(\w+)(?:=~|!=|=)`).FindAllStringSubmatch(m[2], -1) {
				if l[1] != "job" && l[1] != "instance" && !slices.Contains(labels[name], l[1]) {
					t.Errorf("%s has no label %s: %s", name, l[1], expr)
				}
			}
		}
		for _, by := range regexp.MustCompile(`by \(([^)]*)\)`).FindAllStringSubmatch(expr, -1) {
			for l := range strings.SplitSeq(by[1], ", ") {
				if l != "le" && l != "instance" && !anyHas(labels, asked, l) {
					t.Errorf("nothing has the label %s: %s", l, expr)
				}
			}
		}
	}
	page, err := os.ReadFile("../../docs/observability.md")
	if err != nil {
		t.Fatal(err)
	}
	for name := range labels {
		if !asked[name] {
			t.Errorf("%s is exported, and the dashboard does not show it", name)
		}
		if !strings.Contains(string(page), "`"+strings.TrimPrefix(name, "zookeeper_client_")+"`") {
			t.Errorf("docs/observability.md does not say what %s means", name)
		}
	}
}

var metric = regexp.MustCompile(`(zookeeper_client_[a-z_]+)(\{[^}]*\})?`)

func anyHas(labels map[string][]string, asked map[string]bool, label string) bool {
	for name := range asked {
		if slices.Contains(labels[name], label) {
			return true
		}
	}
	return false
}

// expressions returns all queries of the dashboard.
func expressions(t *testing.T) []string {
	t.Helper()
	var board struct {
		Panels []struct {
			Title, Type string
			Targets     []struct{ Expr string }
		}
		Templating struct {
			List []struct{ Name, Definition string }
		}
	}
	if err := json.Unmarshal([]byte(zkprom.Dashboard), &board); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, p := range board.Panels {
		if p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("panel %q asks for nothing", p.Title)
		}
		for _, q := range p.Targets {
			all = append(all, q.Expr)
		}
	}
	for _, v := range board.Templating.List {
		if v.Definition != "" {
			all = append(all, v.Definition)
		}
	}
	if len(all) < 20 {
		t.Fatalf("%d queries", len(all))
	}
	return all
}

func TestNewHook_RefusesWhatMakesNoSense(t *testing.T) {
	labels := func(name, value string) zkprom.Option { return zkprom.WithLabels(prometheus.Labels{name: value}) }
	for _, opt := range []zkprom.Option{zkprom.WithBuckets(), zkprom.WithBuckets(2, 1), zkprom.WithBuckets(math.NaN(), 1), zkprom.WithPath(nil),
		labels("operation", "get"), labels("", "x"), labels("client", "\xff")} {
		if _, err := zkprom.NewHook(opt); err == nil || !strings.HasPrefix(err.Error(), "zkprom: ") {
			t.Errorf("%v", err)
		}
	}
}

func TestNewCollector_RefusesWhatMakesNoSense(t *testing.T) {
	c, err := zkasync.New("h")
	if err != nil {
		t.Fatal(err)
	}
	for _, labels := range []prometheus.Labels{{"outcome": "x"}, {"": "x"}, {"client": "\xff"}} {
		if _, err := zkprom.NewCollector(c, zkprom.WithLabels(labels)); err == nil || !strings.HasPrefix(err.Error(), "zkprom: ") {
			t.Errorf("%v: %v", labels, err)
		}
	}
	if _, err := zkprom.NewCollector(nil); err == nil || !strings.HasPrefix(err.Error(), "zkprom: ") {
		t.Error(err)
	}
}

// A path that is not UTF-8 is refused by the client. The operation counts nevertheless.
func TestHook_CountsOperationsWithBadPaths(t *testing.T) {
	hook, err := zkprom.NewHook(zkprom.WithPath(func(path string) string { return path }))
	if err != nil {
		t.Fatal(err)
	}
	hook.OnOperationEnd(t.Context(), zkasync.OperationEnd{OperationStart: zkasync.OperationStart{Name: "get", Path: "/a\xff"}})
	registry := prometheus.NewRegistry()
	registry.MustRegister(hook)
	for name, v := range values(t, registry) {
		if strings.Contains(name, "operations_total") && strings.Contains(name, "/a") && v == 1 {
			return
		}
	}
	t.Error("it was not counted")
}

func TestMetrics_AreWellFormed(t *testing.T) {
	hook, err := zkprom.NewHook(zkprom.WithPath(func(string) string { return "x" }), zkprom.WithBuckets(1, 2))
	if err != nil {
		t.Fatal(err)
	}
	c, err := zkasync.New("h")
	if err != nil {
		t.Fatal(err)
	}
	stats, err := zkprom.NewCollector(c)
	if err != nil {
		t.Fatal(err)
	}
	hook.OnOperationEnd(context.Background(), zkasync.OperationEnd{OperationStart: zkasync.OperationStart{Name: "get", Path: "/a/b"}})
	if err := testutil.CollectAndCompare(hook, strings.NewReader(`
# HELP zookeeper_client_operations_total Operations that have ended; error_type is empty for those that succeeded.
# TYPE zookeeper_client_operations_total counter
zookeeper_client_operations_total{error_type="",operation="get",path="x"} 1
`), "zookeeper_client_operations_total"); err != nil {
		t.Error(err)
	}
	for _, each := range []prometheus.Collector{hook, stats} {
		problems, err := testutil.CollectAndLint(each)
		if err != nil || len(problems) > 0 {
			t.Errorf("%v, %v", problems, err)
		}
	}
}
