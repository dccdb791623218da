package zkasync

import "context"

// orBackground returns ctx, or Background if it is nil, as everywhere in this module.
func orBackground(ctx context.Context) context.Context {
	if ctx == nil {
		return context.Background()
	}
	return ctx
}
