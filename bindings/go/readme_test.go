package voxlock

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The program in the README is built and run as it stands there.
func TestTheProgramOfTheREADME(t *testing.T) {
	text := string(made[[]byte](t)(os.ReadFile("README.md")))
	_, rest, _ := strings.Cut(text, "```go\npackage main")
	program, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("there is no program in README.md")
	}
	here := made[string](t)(os.Getwd())
	folder := t.TempDir()
	must(t, os.WriteFile(filepath.Join(folder, "main.go"), []byte("package main"+program), 0o600))
	for _, command := range []string{"mod init example.net/phone", "mod edit -go=1.24 -require voxlock@v0.0.0 -replace voxlock=" + here, "run ."} {
		run := exec.Command("go", strings.Fields(command)...)
		run.Dir = folder
		out, err := run.CombinedOutput()
		if err != nil {
			t.Fatalf("go %s: %v\n%s", command, err, out)
		}
		if command == "run ." && string(out) != "188 <nil>\ntrue\n" {
			t.Errorf("%s", out)
		}
	}
}
