package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// export is an exported function, or an exported method of an exported type.
type export struct{ receiver, name string }

// String returns "Name" or "Receiver.Name".
func (e export) String() string {
	if e.receiver == "" {
		return e.name
	}
	return e.receiver + "." + e.name
}

// parse returns the parsed files of a folder: either those of tests, or the others.
func parse(t *testing.T, dir string, tests bool) []*ast.File {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d files, %v", dir, len(files), err)
	}
	var all []*ast.File
	set := token.NewFileSet()
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") != tests {
			continue
		}
		f, err := parser.ParseFile(set, file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	return all
}

// calls returns the functions and methods that the package in a folder exports.
func calls(t *testing.T, dir string) []export {
	t.Helper()
	var all []export
	for _, f := range parse(t, dir, false) {
		for _, decl := range f.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || !fn.Name.IsExported() {
				continue
			}
			e := export{name: fn.Name.Name}
			if fn.Recv != nil {
				e.receiver = typeName(fn.Recv.List[0].Type)
				if !ast.IsExported(e.receiver) {
					continue
				}
			}
			all = append(all, e)
		}
	}
	return all
}

// typeName returns the name of a receiver's type.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return typeName(e.X)
	case *ast.IndexExpr:
		return typeName(e.X)
	case *ast.IndexListExpr:
		return typeName(e.X)
	case *ast.Ident:
		return e.Name
	default:
		return ""
	}
}

// names returns all names of the package in a folder: those at its top level, and "Type.Method" for exported methods.
func names(t *testing.T, dir string) map[string]bool {
	t.Helper()
	all := make(map[string]bool)
	for _, e := range calls(t, dir) {
		all[e.String()] = true
	}
	for _, f := range parse(t, dir, false) {
		for _, decl := range f.Decls {
			gen, ok := decl.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range gen.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					all[spec.Name.Name] = true
				case *ast.ValueSpec:
					for _, name := range spec.Names {
						all[name.Name] = true
					}
				}
			}
		}
	}
	return all
}

// goZookeeper returns the folder with go-zookeeper's source.
func goZookeeper(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", "{{.Dir}}", "github.com/go-zookeeper/zk").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}
