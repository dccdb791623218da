// Package typed reads and writes znodes whose data is a value of one Go type.
//
//	type Limits struct{ Rate, Burst int }
//
//	limits := typed.New(c, typed.JSON[Limits]())
//	now, err := limits.Get(ctx, "/app/limits").Get(ctx) // now.Value.Rate, now.Stat.Version
//	set := limits.Set(ctx, "/app/limits", Limits{Rate: 10}, now.Stat.Version)
//	more := limits.Update(ctx, "/app/limits", func(l Limits) (Limits, error) { l.Burst++; return l, nil })
//
// A [Codec] turns values into data and back: [JSON], or any other with two methods. Each operation is one of the client's,
// with its order, its errors and its future. Data that the codec cannot read is a [*DecodeError], which keeps the path, the
// data and the version; so whoever gets it can repair the znode, or decode it otherwise.
//
// The package uses no goroutine. Encode runs on the caller's goroutine, and Decode where functions given to future.Then
// run, or on the client's handler for values that are kept current. Neither may block. Values are safe for concurrent use
// if the codec is.
package typed
