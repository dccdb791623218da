// Package pipeline keeps a bounded number of requests in flight and hands over their answers in the order of the requests.
// It needs neither goroutines nor locks: zkasync completes futures in the order of the requests, so it is enough to wait for
// the oldest one.
package pipeline
