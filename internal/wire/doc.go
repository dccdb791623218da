// Package wire is ZooKeeper's client protocol in bytes: the jute records of
// zookeeper.jute as append-style encoders and length-checked decoders.
//
// Encoders append to the slice they are given and return it, as the standard
// library's Append functions do; with enough capacity they allocate nothing.
// They take a chroot and a path separately, so that a request costs no joined
// string. They check nothing: a path or a size that the server would refuse is
// the caller's business.
//
// Decoders take a body (the bytes behind the length and the reply header) and
// return what is left of it. They never panic and never trust a length: a
// claimed length or count is compared with the bytes that are there before
// anything is allocated for it. What does not fit is a *DecodeError. Bytes left
// over at the end are nobody's error, since newer servers append fields. Results
// never alias the body.
//
// A frame is a four-byte length and then that many bytes. A request is a
// RequestHeader (xid, opcode) and a record, a reply is a ReplyHeader (xid, zxid,
// error code) and, if the code is zero, a record. The connect request and its
// response are records without a header.
//
// All functions are safe for concurrent use on different buffers; the package
// keeps no state and starts no goroutine.
package wire
