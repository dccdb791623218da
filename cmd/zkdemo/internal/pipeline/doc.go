// Package pipeline keeps a bounded number of requests in flight and hands over their answers in the order in which they
// were asked. That takes neither goroutines nor locks: zkasync completes futures in request order, so waiting for the
// oldest one never waits longer than need be.
package pipeline
