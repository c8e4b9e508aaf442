package voxlock

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestGeneratedFilesAreWhatTheHeadersSay(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 here")
	}
	out, err := exec.Command(python, "-B", "tools/generate.py", "--check").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func TestLayoutsAgreeWithTheLibrary(t *testing.T) {
	must(t, layoutError)
	if len(layouts) < 50 {
		t.Fatalf("only %d structs", len(layouts))
	}
}

func TestAWrongLayoutIsFound(t *testing.T) {
	var verdict layout
	for _, row := range layouts {
		if row.name == "voxlock_verdict" {
			verdict = row
		}
	}
	for _, row := range []struct {
		what string
		edit func(*layout)
		says string
	}{
		{"library older than the headers", func(l *layout) { l.size += 8 }, "voxlock_verdict has 40 bytes in the library and 48"},
		{"plain value that grew", func(l *layout) { l.size, l.grows = l.size-8, false }, "voxlock_verdict has 40 bytes"},
		{"moved field", func(l *layout) { l.fields = []field{{"reason", 4}} }, "voxlock_verdict.reason lies at 8"},
		{"unknown struct", func(l *layout) { l.name = "voxlock_nothing" }, "voxlock_nothing has 0 bytes"},
		{"unknown field", func(l *layout) { l.fields = []field{{"nothing", 0}} }, "voxlock_verdict.nothing lies at"},
	} {
		changed := verdict
		row.edit(&changed)
		if err := checkLayouts([]layout{changed}); err == nil || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v", row.what, err)
		}
	}
	longer := verdict
	longer.size -= 8
	if err := checkLayouts([]layout{longer}); err != nil {
		t.Errorf("a library newer than the headers is refused: %v", err)
	}
}

func TestAContextIsRefusedWhereLayoutsDiffer(t *testing.T) {
	layoutError = errors.New("layouts differ")
	defer func() { layoutError = nil }()
	_, err := NewContext(ContextConfig{})
	refused(t, err, layoutError)
}

func TestArenasAreTold(t *testing.T) {
	context := made[*Context](t)(NewContext(ContextConfig{Memory: MemoryArena}))
	before, err := context.Memory()
	if err != nil || before.Reserved == 0 || before.IsLocked != (before.Locked == before.Reserved) {
		t.Fatal(before, err)
	}
	made[*SIPMessage](t)(context.NewSIPMessage(SIPConfig{}))
	if after, err := context.Memory(); err != nil || after.Used <= before.Used {
		t.Error(before, after, err)
	}
	_, err = NewContext(ContextConfig{Memory: 9})
	refused(t, err, ErrInvalidArgument)
}

func TestStatusesAreErrors(t *testing.T) {
	for status := range statusRows {
		if !errors.Is(errorOf(status), status) {
			t.Errorf("%v is not itself", status)
		}
	}
	if text := ErrSRTPReplayed.Error(); text != "voxlock: a packet with this index was processed before (VOXLOCK_ERR_SRTP_REPLAYED)" {
		t.Error(text)
	}
	if Status(-99).Name() != "VOXLOCK_UNKNOWN" || Status(0).Name() != "VOXLOCK_OK" || errorOf(0) != nil {
		t.Error("names of other numbers")
	}
	if !errors.Is(ErrClosed, os.ErrClosed) || !errors.Is(ErrClosed, ErrWrongState) {
		t.Error("ErrClosed")
	}
	if CodecPCMU.String() != "PCMU" || CauseNoACK.String() != "no ack" || Codec(77).String() != "77" {
		t.Error(CodecPCMU, CauseNoACK, Codec(77))
	}
}

func TestVersionAndFeatures(t *testing.T) {
	if !strings.HasPrefix(Version(), "0.") || Has("nothing") || Has("") || !Has("codec.opus") {
		t.Error(Version(), Has("codec.opus"))
	}
}
