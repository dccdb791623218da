// Package docs has tests that hold the documentation to the code: the documents name only what exists, programs in them run and
// print what they say, tables are complete, and everything that users call has an example. Other tests limit how packages import
// each other and how files refer to each other. The package contains nothing else.
package docs
