// Package wire is ZooKeeper's client protocol in bytes: the jute records of
// zookeeper.jute as append-style encoders and length-checked decoders.
//
// Encoders append to the slice they are given and return it, as the standard
// library's Append functions do; with enough capacity they allocate nothing.
// They take a chroot and a path separately, so that a request does not have to
// join them into a new string. They check nothing: the caller must refuse paths
// and sizes that the server would refuse.
//
// Decoders take a body (the bytes after the length and the reply header) and
// return what is left of it. They never panic and never trust a length: a
// claimed length or count is compared with the bytes that are there before
// anything is allocated for it. If it does not fit, the error is a *DecodeError.
// Bytes left over at the end are not an error, since newer servers append fields.
// Results never alias the body.
//
// A frame is a four-byte length, followed by that many bytes. A request is a
// RequestHeader (xid, opcode) and a record; a reply is a ReplyHeader (xid, zxid,
// error code) and, if the code is zero, a record. The connect request and its
// response are records without a header.
//
// All functions are safe for concurrent use on different buffers; the package
// keeps no state and starts no goroutine.
package wire
