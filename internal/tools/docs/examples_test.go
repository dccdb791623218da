package docs

import (
	"go/ast"
	"path/filepath"
	"strings"
	"testing"
)

// described are methods that need no example, because their names have a fixed meaning in Go.
var described = map[string]bool{"String": true, "Format": true, "Error": true, "Unwrap": true, "Is": true, "Run": true,
	"MarshalJSON": true, "UnmarshalJSON": true, "MarshalText": true, "UnmarshalText": true}

// Each function and method that users call is called in an example that has output, so that it runs.
func TestExamples_CoverWhateverUsersCall(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"zkasync", "zkasync/ensemble", "zkasync/sasl", "zkasync/tlsfiles", "future", "handler", "zkasync/zktest",
		"zkasync/recipe", "zkasync/recipe/cache", "zkasync/recipe/discovery", "zkasync/recipe/typed"} {
		dir := filepath.Join(root, name)
		shown, called := examples(t, dir)
		for _, e := range calls(t, dir) {
			covered := called[e.name]
			if e.receiver == "Client" { // its methods share names with those of other types
				covered = shown["Client_"+e.name]
			}
			if !covered && !described[e.name] {
				t.Errorf("%s: no example of %s", name, e)
			}
		}
	}
}

// examples returns the names of a package's examples that are run, without suffixes, and of everything that they call.
func examples(t *testing.T, dir string) (shown, called map[string]bool) {
	t.Helper()
	shown, called = make(map[string]bool), make(map[string]bool)
	for _, f := range parse(t, dir, true) {
		for _, decl := range f.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			name, isExample := strings.CutPrefix(fn.Name.Name, "Example")
			if !isExample || !hasOutput(f, fn) {
				continue
			}
			shown[name] = true
			if i := strings.LastIndexByte(name, '_'); i > 0 && i+1 < len(name) && !ast.IsExported(name[i+1:]) {
				shown[name[:i]] = true
			}
			ast.Inspect(fn.Body, func(n ast.Node) bool {
				if sel, ok := n.(*ast.SelectorExpr); ok {
					called[sel.Sel.Name] = true
				}
				return true
			})
		}
	}
	return shown, called
}

// hasOutput reports whether an example says what it prints. Otherwise it is compiled but not run.
func hasOutput(f *ast.File, fn *ast.FuncDecl) bool {
	for _, comment := range f.Comments {
		if comment.Pos() > fn.Body.Pos() && comment.End() < fn.Body.End() &&
			(strings.HasPrefix(comment.Text(), "Output:") || strings.HasPrefix(comment.Text(), "Unordered output:")) {
			return true
		}
	}
	return false
}
