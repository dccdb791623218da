// Package hosts is the list of servers: it resolves their names, and says which address is tried next, and when.
package hosts
