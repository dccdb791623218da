package zkotel

import (
	"context"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/zkasync/zkasync-go/zkasync"
)

// Tracer is a hook of zkasync that makes spans. [NewTracer] makes it. It is safe for concurrent use.
type Tracer struct {
	cfg    *config
	tracer trace.Tracer
}

// NewTracer returns a hook for zkasync.WithHooks. It takes [WithTracerProvider], [WithAttributes], [WithPaths] and
// [WithRequests].
func NewTracer(opts ...Option) *Tracer {
	cfg := newConfig(opts)
	return &Tracer{cfg: cfg, tracer: cfg.tracers.Tracer(scope)}
}

// spanKey is the key of an operation's span. The context's own span may be the caller's, which is not to be ended.
type spanKey struct{ t *Tracer }

// OnOperationStart implements zkasync.OperationStartHook.
func (t *Tracer) OnOperationStart(ctx context.Context, op zkasync.OperationStart) context.Context {
	ctx, span := t.tracer.Start(ctx, op.Name, trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(op.At),
		trace.WithAttributes(t.attributes(op.Name, op.Path)...))
	return context.WithValue(ctx, spanKey{t}, span)
}

// OnOperationEnd implements zkasync.OperationEndHook.
func (t *Tracer) OnOperationEnd(ctx context.Context, op zkasync.OperationEnd) {
	span, ok := ctx.Value(spanKey{t}).(trace.Span)
	if !ok {
		return
	}
	if span.IsRecording() {
		span.SetAttributes(requestsKey.Int(op.Requests), queuedKey.Float64(op.Queued.Seconds()), wireKey.Float64(op.Wire.Seconds()),
			sentKey.Int(op.Sent), receivedKey.Int(op.Received))
		span.SetAttributes(server(op.Server)...)
		if op.Err != nil {
			span.SetAttributes(outcomeKey.String(op.Outcome.String()))
		}
		failed(span, op.Err)
	}
	span.End(trace.WithTimestamp(op.At.Add(op.Took)))
}

// OnRequest implements zkasync.RequestHook.
func (t *Tracer) OnRequest(ctx context.Context, r zkasync.Request) {
	if _, ours := ctx.Value(spanKey{t}).(trace.Span); !ours || !t.cfg.requests {
		return
	}
	_, span := t.tracer.Start(ctx, r.Name+" request", trace.WithSpanKind(trace.SpanKindInternal), trace.WithTimestamp(r.At),
		trace.WithAttributes(t.attributes(r.Name, r.Path)...), trace.WithAttributes(server(r.Server)...),
		trace.WithAttributes(carriedKey.Int(r.Operations), queuedKey.Float64(r.Queued.Seconds()), sentKey.Int(r.Sent), receivedKey.Int(r.Received)))
	failed(span, r.Err)
	span.End(trace.WithTimestamp(r.At.Add(r.Wire)))
}

func (t *Tracer) attributes(name, path string) []attribute.KeyValue {
	all := t.cfg.with(opKey.String(name))
	if t.cfg.paths && path != "" {
		all = append(all, pathKey.String(strings.ToValidUTF8(path, "\uFFFD"))) // exporters take nothing else
	}
	return all
}

// failed sets the status of a span. The error's text names the path, so it is not shown: its type is.
func failed(span trace.Span, err error) {
	if err == nil {
		return
	}
	kind := zkasync.ErrorType(err)
	span.SetAttributes(errorKey.String(kind))
	span.SetStatus(codes.Error, kind)
}
