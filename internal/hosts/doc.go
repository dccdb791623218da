// Package hosts keeps the list of servers. It resolves their names, and decides which address to try next, and when.
package hosts
