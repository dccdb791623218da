//go:build !unix

package main

// stayOutOfTerminal does nothing: here a program in the background may read from the terminal.
func stayOutOfTerminal() {}
