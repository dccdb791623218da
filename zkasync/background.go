package zkasync

import "context"

// orBackground is ctx; nil means Background, everywhere.
func orBackground(ctx context.Context) context.Context {
	if ctx == nil {
		return context.Background()
	}
	return ctx
}
