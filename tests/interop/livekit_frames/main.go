// The frame encryption of LiveKit's own Go SDK, one request a line: "seal KEY KID FRAME",
// "open KEY FRAME", "text PASSPHRASE", "bytes MATERIAL", all hexadecimal but KID. Each is answered
// with "ok HEX" or "refused".
package main

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	lksdk "github.com/livekit/server-sdk-go/v2"
)

func answer(words []string) ([]byte, error) {
	raw := make([][]byte, len(words))
	for i := 1; i < len(words); i++ {
		if words[0] == "seal" && i == 2 {
			continue
		}
		data, err := hex.DecodeString(words[i])
		if err != nil {
			return nil, err
		}
		raw[i] = data
	}
	switch {
	case words[0] == "seal" && len(words) == 4:
		kid, err := strconv.ParseUint(words[2], 10, 8)
		if err != nil {
			return nil, err
		}
		return lksdk.EncryptGCMAudioSample(raw[3], raw[1], uint8(kid))
	case words[0] == "open" && len(words) == 3:
		return lksdk.DecryptGCMAudioSample(raw[2], raw[1], nil)
	case words[0] == "text" && len(words) == 2:
		return lksdk.DeriveKeyFromString(string(raw[1]))
	case words[0] == "bytes" && len(words) == 2:
		return lksdk.DeriveKeyFromBytes(raw[1])
	}
	return nil, errors.New("no such request")
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<16)
	for lines.Scan() {
		if data, err := answer(strings.Fields(lines.Text())); err == nil {
			fmt.Println("ok", hex.EncodeToString(data))
		} else {
			fmt.Println("refused")
		}
	}
}
