package zkotel_test

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zkotel"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

func Example() {
	srv, err := zktest.New() // a real program has servers
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	ctx := context.Background()

	// A real program has exporters, and sets its providers with package otel.
	spans := tracetest.NewSpanRecorder()
	tracers := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))

	tracer := zkotel.NewTracer(zkotel.WithTracerProvider(tracers), zkotel.WithPaths(), zkotel.WithRequests())
	meter, err := zkotel.NewMeter(zkotel.WithMeterProvider(meters), zkotel.WithAttributes(attribute.String("client", "orders")))
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := zkasync.Connect(ctx, srv.Addr(), append(srv.Options(), zkasync.WithHooks(tracer, meter))...)
	if err != nil {
		fmt.Println(err)
		return
	}
	registration, err := zkotel.Observe(client, zkotel.WithMeterProvider(meters))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer registration.Unregister()

	_, _ = client.Create(ctx, "/service", nil).Get(ctx)
	_ = client.Close() // all hooks have been called by then
	for _, s := range spans.Ended() {
		fmt.Println(s.Name(), s.SpanKind())
	}
	// Output:
	// create request internal
	// create client
}
