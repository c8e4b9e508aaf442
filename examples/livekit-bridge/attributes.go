package main

import (
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
