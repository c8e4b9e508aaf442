package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/livekit/protocol/livekit"

	"voxlock"
)

// More of a stranger's headers than these are left out.
const (
	maxHeaders     = 32
	maxHeaderBytes = 1024
)

// An invitation is what the INVITE of a call says about it.
type invitation struct {
	callID         string // Call-ID
	caller, called string // user parts: telephone numbers as a rule
	host           string // of the caller
	headers        map[string]string
}

// userOf gives user and host of a SIP URI; text that is no SIP URI has neither.
func userOf(uri string) (user, host string) {
	scheme, rest, ok := strings.Cut(uri, ":")
	if !ok || !strings.EqualFold(scheme, "sip") && !strings.EqualFold(scheme, "sips") {
		return "", ""
	}
	rest, _, _ = strings.Cut(rest, "?")
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		user, rest = rest[:at], rest[at+1:]
	}
	host, _, _ = strings.Cut(rest, ";")
	// A password or parameters of the user part are nobody's number (RFC 3261, section 19.1.1).
	user, _, _ = strings.Cut(user, ":")
	user, _, _ = strings.Cut(user, ";")
	return user, host
}

func invitationOf(summary voxlock.SIPSummary, headers []voxlock.Header) invitation {
	in := invitation{callID: summary.CallID, headers: make(map[string]string)}
	in.caller, in.host = userOf(summary.FromURI)
	if in.called, _ = userOf(summary.URI); in.called == "" {
		in.called, _ = userOf(summary.ToURI)
	}
	for _, h := range headers {
		name := strings.ToLower(h.Name)
		if strings.HasPrefix(name, "x-") && len(in.headers) < maxHeaders && len(h.Value) <= maxHeaderBytes {
			in.headers[name] = h.Value
		}
	}
	return in
}

// attributes are those that agents look for: sip.callID, sip.phoneNumber ... and sip.h.x-... for each
// header that begins with X-.
func (in invitation) attributes(status string) map[string]string {
	out := map[string]string{
		livekit.AttrSIPCallID: in.callID, livekit.AttrSIPCallStatus: status,
		livekit.AttrSIPPhoneNumber: in.caller, livekit.AttrSIPTrunkNumber: in.called,
		livekit.AttrSIPHostName: in.host,
	}
	for name, value := range in.headers {
		out[livekit.AttrSIPHeaderPrefix+name] = value
	}
	return out
}

// headersOf gives the headers of an answer that somebody's attributes stand for: the other way round. A room is
// no more to be trusted than a trunk: what would break a message, or is too much, is left out.
func headersOf(attributes map[string]string) []voxlock.Header {
	var out []voxlock.Header
	for _, key := range slices.Sorted(maps.Keys(attributes)) {
		name, ok := strings.CutPrefix(key, livekit.AttrSIPHeaderPrefix)
		value := attributes[key]
		if ok && len(out) < maxHeaders && isHeaderName(name) && len(value) <= maxHeaderBytes &&
			!strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			out = append(out, voxlock.Header{Name: "X-" + name[2:], Value: value})
		}
	}
	return out
}

// isHeaderName tells of a name that begins with x- and is a token (RFC 3261, section 25.1).
func isHeaderName(name string) bool {
	return len(name) > 2 && len(name) <= 64 && strings.EqualFold(name[:2], "x-") &&
		!strings.ContainsFunc(name, func(r rune) bool {
			return r > '~' || !strings.ContainsRune("-.!%*_+`'~", r) && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
		})
}
