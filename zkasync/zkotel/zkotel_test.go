package zkotel_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zkotel"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func connect(t *testing.T, servers string, opts ...zkasync.Option) *zkasync.Client {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := zkasync.Connect(ctx, servers, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
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

// attributes returns those of a span, as text.
func attributes(s sdktrace.ReadOnlySpan) map[attribute.Key]string {
	all := make(map[attribute.Key]string)
	for _, a := range s.Attributes() {
		all[a.Key] = a.Value.String()
	}
	return all
}

func tracing(opts ...zkotel.Option) (*tracetest.SpanRecorder, *sdktrace.TracerProvider, *zkotel.Tracer) {
	recorder := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder))
	return recorder, provider, zkotel.NewTracer(append(opts, zkotel.WithTracerProvider(provider))...)
}

func TestTracer_OneSpanPerOperation(t *testing.T) {
	srv := zktest.Run(t)
	recorder, provider, hook := tracing(zkotel.WithAttributes(attribute.String("client", "test")))
	c := connect(t, srv.Addr(), append(srv.Options(), zkasync.WithHooks(hook))...)
	ctx, parent := provider.Tracer("test").Start(context.Background(), "parent")
	must(t, c.EnsurePath(ctx, "/a/b"))
	if _, err := c.Get(ctx, "/missing").Get(ctx); err == nil {
		t.Fatal("a missing znode was read")
	}
	var background context.Context // nil means Background
	if _, err := c.Get(background, "no path").Get(ctx); err == nil {
		t.Fatal("a bad path was read")
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if len(recorder.Ended()) != 3 || len(recorder.Started()) != 4 {
		t.Fatalf("%d spans have ended, of %d", len(recorder.Ended()), len(recorder.Started()))
	}
	parent.End()

	made, missing, bad := recorder.Ended()[0], recorder.Ended()[1], recorder.Ended()[2]
	if made.Name() != "ensure path" || made.SpanKind() != trace.SpanKindClient || made.Parent().SpanID() != parent.SpanContext().SpanID() || made.Status().Code != codes.Unset {
		t.Errorf("%s, %v below %v, %v", made.Name(), made.SpanKind(), made.Parent().SpanID(), made.Status())
	}
	got := attributes(made)
	for key, want := range map[attribute.Key]string{"db.system.name": "zookeeper", "zookeeper.op": "ensure path", "server.address": "192.0.2.1",
		"server.port": "2181", "zookeeper.requests": "4", "client": "test"} {
		if got[key] != want {
			t.Errorf("%s is %q, want %q", key, got[key], want)
		}
	}
	if _, ok := got["zookeeper.path"]; ok {
		t.Error("the span shows the path, and nobody has asked for it")
	}
	if made.EndTime().Before(made.StartTime()) || got["zookeeper.wire"] == "" || got["zookeeper.queued"] == "" {
		t.Errorf("times: %v to %v, %v", made.StartTime(), made.EndTime(), got)
	}

	for span, want := range map[sdktrace.ReadOnlySpan][2]string{missing: {"NoNode", "rejected"}, bad: {"BadArguments", "not sent"}} {
		got := attributes(span)
		if got["error.type"] != want[0] || got["zookeeper.outcome"] != want[1] || span.Status().Code != codes.Error || strings.Contains(span.Status().Description, "/missing") {
			t.Errorf("%v, %v", got, span.Status())
		}
	}
	if bad.Parent().IsValid() {
		t.Error("an operation without a context has a parent")
	}
}

func TestTracer_PathsAndRequestsOnDemand(t *testing.T) {
	srv := zktest.Run(t)
	recorder, _, hook := tracing(zkotel.WithPaths(), zkotel.WithRequests())
	c := connect(t, srv.Addr(), append(srv.Options(), zkasync.WithHooks(hook))...)
	must(t, c.Create(context.Background(), "/a", []byte("data")))
	live := c.WatchData(context.Background(), "/a") // whose requests belong to no operation
	<-live.C()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if len(recorder.Ended()) != 2 {
		t.Fatalf("%d spans", len(recorder.Ended()))
	}
	request, op := recorder.Ended()[0], recorder.Ended()[1]
	if request.Name() != "create request" || request.Parent().SpanID() != op.SpanContext().SpanID() || op.Name() != "create" {
		t.Errorf("%s below %s", request.Name(), op.Name())
	}
	if request.StartTime().Before(op.StartTime()) || request.EndTime().After(op.EndTime()) {
		t.Errorf("the request from %v to %v, the operation from %v to %v", request.StartTime(), request.EndTime(), op.StartTime(), op.EndTime())
	}
	if a, b := attributes(request), attributes(op); a["zookeeper.path"] != "/a" || b["zookeeper.path"] != "/a" || a["zookeeper.operations"] != "1" {
		t.Errorf("%v, %v", a, b)
	}
}

// Two tracers, and one that came later, end their own spans and nobody else's.
func TestTracer_EndsItsOwnSpansOnly(t *testing.T) {
	srv := zktest.Run(t)
	one, provider, first := tracing()
	two, _, second := tracing()
	c := connect(t, srv.Addr(), append(srv.Options(), zkasync.WithHooks(first, second))...)
	ctx, parent := provider.Tracer("test").Start(context.Background(), "parent")
	must(t, c.Exists(ctx, "/"))
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	first.OnOperationEnd(ctx, zkasync.OperationEnd{}) // of an operation whose start it has not seen
	if len(one.Ended()) != 1 || len(two.Ended()) != 1 || !parent.IsRecording() {
		t.Errorf("%d and %d spans, the parent recording: %v", len(one.Ended()), len(two.Ended()), parent.IsRecording())
	}
	parent.End()
}

// sums returns what was measured, by name and attributes; of a histogram the count.
func sums(t *testing.T, reader *sdkmetric.ManualReader) map[string]int64 {
	t.Helper()
	var data metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &data); err != nil {
		t.Fatal(err)
	}
	all := make(map[string]int64)
	for _, s := range data.ScopeMetrics {
		for _, m := range s.Metrics {
			if m.Description == "" || m.Unit == "" {
				t.Errorf("%s has no description or unit", m.Name)
			}
			switch d := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range d.DataPoints {
					all[series(m.Name, p.Attributes)] += p.Value
				}
			case metricdata.Gauge[int64]:
				for _, p := range d.DataPoints {
					all[series(m.Name, p.Attributes)] += p.Value
				}
			case metricdata.Histogram[float64]:
				for _, p := range d.DataPoints {
					all[series(m.Name, p.Attributes)] += int64(p.Count)
				}
			default:
				t.Errorf("%s is a %T", m.Name, d)
			}
		}
	}
	return all
}

func series(name string, set attribute.Set) string {
	var text []string
	for _, a := range set.ToSlice() {
		if a.Key != "db.system.name" && a.Key != "server.address" && a.Key != "server.port" {
			text = append(text, string(a.Key)+"="+a.Value.String())
		}
	}
	return name + "{" + strings.Join(text, ",") + "}"
}

func measured(t *testing.T, servers string, lose func(), opts ...zkasync.Option) map[string]int64 {
	t.Helper()
	reader := sdkmetric.NewManualReader()
	provider := zkotel.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)))
	hook, err := zkotel.NewMeter(provider)
	if err != nil {
		t.Fatal(err)
	}
	c := connect(t, servers, append(opts, zkasync.WithHooks(hook), zkasync.WithSlowCallback(10*time.Millisecond))...)
	registration, err := zkotel.Observe(c, provider)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	root := fmt.Sprintf("/zkotel-%d", time.Now().UnixNano())
	must(t, c.Create(ctx, root, []byte("data")))
	event := must(t, c.GetW(ctx, root)).Event
	must(t, c.Delete(ctx, root, zkasync.AnyVersion))
	must(t, event)
	if _, err := c.Get(ctx, root).Get(ctx); err == nil {
		t.Fatal("a deleted znode was read")
	}
	slow := make(chan struct{})
	c.Exists(ctx, "/").OnDone(func(*zk.Stat, error) { time.Sleep(50 * time.Millisecond); close(slow) })
	<-slow
	if lose != nil {
		lose()
		reconnected(t, c)
		must(t, c.Sync(ctx, "/"))
	}
	if got := sums(t, reader); got["zookeeper.client.connected{}"] != 1 {
		t.Errorf("connected: %d", got["zookeeper.client.connected{}"])
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	got := sums(t, reader)
	if err := registration.Unregister(); err != nil {
		t.Error(err)
	}
	if left := sums(t, reader); left["zookeeper.client.last_zxid{}"] != 0 {
		t.Error("the client is still observed")
	}
	return got
}

func TestMeter_SaysWhatTheClientDid(t *testing.T) {
	srv := zktest.Run(t)
	got := measured(t, srv.Addr(), func() { srv.Drop() }, srv.Options()...)
	for name, want := range map[string]int64{
		"zookeeper.client.operation.duration{zookeeper.op=create}":                            1,
		"zookeeper.client.operation.duration{error.type=NoNode,zookeeper.op=get}":             1,
		"zookeeper.client.operation.duration{zookeeper.op=get}":                               1,
		"zookeeper.client.operation.queued{zookeeper.op=get}":                                 2,
		"zookeeper.client.request.duration{error.type=NoNode,zookeeper.op=get}":               1,
		"zookeeper.client.request.operations{zookeeper.op=get}":                               2,
		"zookeeper.client.connections{}":                                                      2,
		"zookeeper.client.disconnections{error.type=ConnectionLoss}":                          1,
		"zookeeper.client.disconnections{error.type=Closed}":                                  1,
		"zookeeper.client.state.changes{zookeeper.state=Connected}":                           2,
		"zookeeper.client.watch.events{zookeeper.watch.kind=data,zookeeper.watch.step=fired}": 1,
		"zookeeper.client.reconnects{}":                                                       1,
		"zookeeper.client.queued{}":                                                           0,
	} {
		if v, ok := got[name]; !ok || v != want {
			t.Errorf("%s is %d (there: %v), want %d", name, v, ok, want)
		}
	}
	if got["zookeeper.client.slow_callbacks{}"] == 0 || got["zookeeper.client.sent{}"] == 0 || got["zookeeper.client.connect.attempts{}"] < 2 {
		t.Errorf("%v", got)
	}
}

func TestMeter_WithARealServer(t *testing.T) {
	got := measured(t, zkserver.Run(t).Addr(), nil)
	if got["zookeeper.client.operation.duration{zookeeper.op=create}"] != 1 || got["zookeeper.client.last_zxid{}"] == 0 {
		t.Errorf("%v", got)
	}
}

func TestNewMeter_NilOptionsAndProvidersAreTheDefault(t *testing.T) {
	meter, err := zkotel.NewMeter(nil, zkotel.WithMeterProvider(nil), zkotel.WithTracerProvider(nil))
	if err != nil {
		t.Fatal(err)
	}
	meter.OnOperationEnd(context.Background(), zkasync.OperationEnd{Err: errors.New("x")})
	tracer := zkotel.NewTracer(zkotel.WithTracerProvider(nil))
	ctx := tracer.OnOperationStart(context.Background(), zkasync.OperationStart{Name: "get"})
	tracer.OnOperationEnd(ctx, zkasync.OperationEnd{Err: errors.New("x")})
}

func TestObserve_RefusesNoClient(t *testing.T) {
	if _, err := zkotel.Observe(nil); err == nil {
		t.Error("no error")
	}
}

// An exporter refuses everything that it was to send along with a text that is not UTF-8. The client refuses such a path.
func TestTracer_PathsAreUTF8(t *testing.T) {
	recorder, _, hook := tracing(zkotel.WithPaths())
	ctx := hook.OnOperationStart(t.Context(), zkasync.OperationStart{Name: "get", Path: "/a\xff"})
	hook.OnOperationEnd(ctx, zkasync.OperationEnd{})
	if path := attributes(recorder.Ended()[0])["zookeeper.path"]; path != "/a\uFFFD" {
		t.Errorf("%q", path)
	}
}
