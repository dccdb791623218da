// Package docs has tests that hold the documentation to the code: README.md says only what exists, its programs run and
// print what it says, its tables are complete, and whatever users may call has an example. It contains nothing else.
package docs
