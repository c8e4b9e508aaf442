/* Status codes. Every function that can fail returns one as int32_t: 0 is success, a negative value
 * is an error whose number never changes once released. Each function lists what it can return. */
#ifndef VOXLOCK_STATUS_H
#define VOXLOCK_STATUS_H

#include <stdint.h>

#include "voxlock/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, number, text): numbers -1..-99 are shared, then one hundred for each module. */
#define VOXLOCK_STATUS_LIST(X)                                                           \
  X(OK, 0, "success")                                                                    \
  X(ERR_INVALID_ARGUMENT, -1, "an argument is NULL or outside its documented range")     \
  X(ERR_STRUCT_SIZE, -2, "struct_size is unknown or the unknown tail is not zero")       \
  X(ERR_NO_MEMORY, -3, "the allocator returned NULL")                                    \
  X(ERR_BUFFER_TOO_SMALL, -4, "the output buffer is too small, the needed size is told") \
  X(ERR_WRONG_STATE, -5, "the call is not allowed in the object's present state")        \
  X(ERR_UNSUPPORTED, -6, "this build or its libraries lack the feature")                 \
  X(ERR_LIMIT, -7, "a documented limit was exceeded")                                    \
  X(ERR_TRUNCATED, -8, "the input ends too early")                                       \
  X(ERR_SYNTAX, -9, "the input breaks the grammar")                                      \
  X(ERR_NOT_FOUND, -10, "no such element")                                               \
  X(ERR_ENTROPY, -11, "the entropy source failed")                                       \
  X(ERR_INTERNAL, -12, "an internal invariant failed, please report it")                 \
  VOXLOCK_STATUS_LIST_SIP(X)                                                             \
  VOXLOCK_STATUS_LIST_SDP(X)                                                             \
  VOXLOCK_STATUS_LIST_RTP(X)                                                             \
  VOXLOCK_STATUS_LIST_SRTP(X)                                                            \
  VOXLOCK_STATUS_LIST_TLS(X)                                                             \
  VOXLOCK_STATUS_LIST_AUDIO(X)                                                           \
  VOXLOCK_STATUS_LIST_BRIDGE(X)                                                          \
  VOXLOCK_STATUS_LIST_UA(X)                                                              \
  VOXLOCK_STATUS_LIST_ICE(X)                                                             \
  VOXLOCK_STATUS_LIST_E2EE(X)                                                            \
  VOXLOCK_STATUS_LIST_CHECKPOINT(X)

/* -100..-199: SIP messages, lib/sip. */
#define VOXLOCK_STATUS_LIST_SIP(X)                                                                \
  X(ERR_SIP_START_LINE, -100, "the start line is neither a request line nor a status line")       \
  X(ERR_SIP_VERSION, -101, "the SIP version is not 2.0")                                          \
  X(ERR_SIP_STATUS_CODE, -102, "the status code is not three digits from 100 to 699")             \
  X(ERR_SIP_SCHEME, -103, "the scheme of the Request-URI is not supported")                       \
  X(ERR_SIP_URI, -104, "a URI breaks the grammar")                                                \
  X(ERR_SIP_HOST, -105, "a host name, IP address or port is not valid")                           \
  X(ERR_SIP_URI_TOO_LONG, -106, "the Request-URI is longer than this library takes")              \
  X(ERR_SIP_HEADER_LINE, -107, "a header line is not of the form name: value")                    \
  X(ERR_SIP_CONTROL, -108, "a bare CR, LF, NUL or other control character stands in a line")      \
  X(ERR_SIP_UTF8, -109, "the message head is not UTF-8")                                          \
  X(ERR_SIP_TOO_MANY_HEADERS, -110, "the message has more header fields than this library takes") \
  X(ERR_SIP_TOO_LARGE, -111, "the message is larger than the configured limit")                   \
  X(ERR_SIP_MISSING_HEADER, -112, "a mandatory header field is missing")                          \
  X(ERR_SIP_DUPLICATE, -113, "a single-value header field is there twice with different values")  \
  X(ERR_SIP_CONTENT_LENGTH, -114, "Content-Length is not a number or above the limit")            \
  X(ERR_SIP_NO_CONTENT_LENGTH, -115, "Content-Length is missing on a stream")                     \
  X(ERR_SIP_BODY_SHORT, -116, "the datagram ends before the body that Content-Length announces")  \
  X(ERR_SIP_EMPTY, -117, "the datagram holds no message, only a keep-alive")                      \
  X(ERR_SIP_PARAM, -118, "a parameter breaks the grammar")                                        \
  X(ERR_SIP_ADDRESS, -119, "an address header field breaks the grammar")                          \
  X(ERR_SIP_VIA, -120, "a Via header field breaks the grammar")                                   \
  X(ERR_SIP_CSEQ, -121, "CSeq is not a number below 2^31 and a method")                           \
  X(ERR_SIP_CSEQ_METHOD, -122, "the method of CSeq differs from the one of the request")          \
  X(ERR_SIP_CALL_ID, -123, "Call-ID breaks the grammar")                                          \
  X(ERR_SIP_CONTENT_TYPE, -124, "Content-Type breaks the grammar")                                \
  X(ERR_SIP_NUMBER, -125, "a numeric header field or parameter is malformed or out of range")     \
  X(ERR_SIP_TOKEN_LIST, -126, "a list of tokens breaks the grammar")                              \
  X(ERR_SIP_AUTH, -127, "a challenge or credentials header field breaks the grammar")             \
  X(ERR_SIP_MULTIPART, -128, "a multipart body breaks the grammar or lacks its boundary")         \
  X(ERR_SIP_MEDIA_TYPE, -129, "the type of the body is not supported")                            \
  X(ERR_SIP_EXTENSION, -130, "a required SIP extension is not supported")                         \
  X(ERR_SIP_METHOD, -131, "the request method is not supported")                                  \
  X(ERR_SIP_UNSAFE_VALUE, -132, "a name or value would break the message it is written to")

/* -200..-299: SDP and offer/answer, lib/sdp. */
#define VOXLOCK_STATUS_LIST_SDP(X)                                                          \
  X(ERR_SDP_LINE, -200, "a line is not of the form <type>=<value>, or its type is unknown") \
  X(ERR_SDP_VERSION, -201, "the description does not begin with v=0")                       \
  X(ERR_SDP_ORIGIN, -202, "the o= line is missing or malformed")                            \
  X(ERR_SDP_CONNECTION, -203, "a c= line is malformed, or none counts for the media")       \
  X(ERR_SDP_MEDIA, -204, "an m= line is malformed")                                         \
  X(ERR_SDP_CONTROL, -205, "the description holds a NUL or a bare carriage return")         \
  X(ERR_SDP_ADDRESS, -206, "a connection address is not a numeric IP address")              \
  X(ERR_SDP_CRYPTO, -207, "an a=crypto line is malformed")                                  \
  X(ERR_SDP_KEY, -208, "an SDES key, lifetime or MKI is malformed or of the wrong length")  \
  X(ERR_SDP_SUITE, -209, "no SRTP suite of the peer is one of ours")                        \
  X(ERR_SDP_KEY_COUNT, -210, "an a=crypto line holds more than one key")                    \
  X(ERR_SDP_SESSION_PARAMETER, -211,                                                        \
    "an SDES session parameter is unknown or weakens the protection")                       \
  X(ERR_SDP_OWN_KEY, -212, "the peer sends our own SDES key back")                          \
  X(ERR_SDP_SRTP_REQUIRED, -213, "the peer wants plain RTP and local policy requires SRTP") \
  X(ERR_SDP_SRTP_OFF, -214, "the peer wants SRTP and local policy allows plain RTP only")   \
  X(ERR_SDP_DOWNGRADE, -215, "the peer wants plain RTP in a session that was secure")       \
  X(ERR_SDP_NO_AUDIO, -216, "no audio stream is on offer")                                  \
  X(ERR_SDP_NO_CODEC, -217, "no codec of the peer is one of ours")                          \
  X(ERR_SDP_PROTOCOL, -218, "the media transport protocol is not supported")                \
  X(ERR_SDP_REJECTED, -219, "the peer refused the audio stream")                            \
  X(ERR_SDP_MISMATCH, -220, "the answer does not fit the offer")                            \
  X(ERR_SDP_ADDRESS_FORMAT, -221,                                                           \
    "the peer has an IPv4 address and we an IPv6 one, or the reverse")                      \
  X(ERR_SDP_NETWORK, -222, "the peer's network is not the Internet (nettype IN)")           \
  X(ERR_SDP_DTLS_REQUIRED, -223,                                                            \
    "the peer wants SDES keys or plain RTP and local policy requires DTLS-SRTP")            \
  X(ERR_SDP_NO_FINGERPRINT, -224, "no fingerprint of SHA-256, SHA-384 or SHA-512 is given") \
  X(ERR_SDP_FINGERPRINT, -225, "an a=fingerprint line is malformed")                        \
  X(ERR_SDP_SETUP, -226, "a=setup is malformed or names no role that fits")                 \
  X(ERR_SDP_TLS_ID, -227, "an a=tls-id line is malformed")                                  \
  X(ERR_SDP_ICE, -228, "ICE credentials are missing, malformed or only half renewed")       \
  X(ERR_SDP_RTCP_MUX, -229, "the peer does not multiplex RTP and RTCP on one port")         \
  X(ERR_SDP_MID, -230, "an a=mid line is malformed, or two sections share its value")       \
  X(ERR_SDP_ICE_LITE, -231, "both ends are ICE-lite: nobody would check the path")

/* -300..-399: RTP and RTCP, lib/rtp. */
#define VOXLOCK_STATUS_LIST_RTP(X)                                             \
  X(ERR_RTP_VERSION, -300, "the RTP version is not 2")                         \
  X(ERR_RTP_PADDING, -301, "the padding count is zero or exceeds the payload") \
  X(ERR_RTCP_COMPOUND, -302, "the RTCP compound does not begin with a report or pads in the middle")

/* -400..-499: SRTP, lib/srtp. */
#define VOXLOCK_STATUS_LIST_SRTP(X)                                             \
  X(ERR_SRTP_AUTH, -400, "the authentication tag does not match")               \
  X(ERR_SRTP_REPLAYED, -401, "a packet with this index was processed before")   \
  X(ERR_SRTP_TOO_OLD, -402, "the packet is older than the replay window")       \
  X(ERR_SRTP_MKI, -403, "the packet names another master key (MKI)")            \
  X(ERR_SRTP_SSRC_LIMIT, -404, "the session's table of sources is full")        \
  X(ERR_SRTP_KEY_EXPIRED, -405, "the master key has reached its lifetime")      \
  X(ERR_SRTP_RTCP_FLAG, -406,                                                   \
    "the encryption flag of the SRTCP packet contradicts the session's policy") \
  X(ERR_SRTP_KEY_USED, -407, "the key was sealed with before and may not be taken up again")

/* -500..-599: TLS and DTLS, lib/tls. */
#define VOXLOCK_STATUS_LIST_TLS(X)                                                                \
  X(ERR_TLS_HANDSHAKE, -500, "the handshake failed")                                              \
  X(ERR_TLS_CERT_NAME, -501, "the certificate is for another name")                               \
  X(ERR_TLS_CERT_EXPIRED, -502, "the certificate has expired")                                    \
  X(ERR_TLS_CERT_NOT_YET_VALID, -503, "the certificate is not valid yet")                         \
  X(ERR_TLS_CERT_UNKNOWN_CA, -504, "the certificate was not issued by a trusted authority")       \
  X(ERR_TLS_CERT_WEAK, -505, "the certificate has a weak key or hash")                            \
  X(ERR_TLS_CERT_NUL, -506, "a name in the certificate holds a NUL byte")                         \
  X(ERR_TLS_CERT_MISSING, -507, "the peer sent no certificate")                                   \
  X(ERR_TLS_CERT_USAGE, -508, "the certificate is not meant for this use")                        \
  X(ERR_TLS_NO_EXPECTED_NAME, -509, "a client needs the host name it expects")                    \
  X(ERR_TLS_CLOCK_UNKNOWN, -510, "the wall time is unknown, certificate dates cannot be checked") \
  X(ERR_TLS_ALERT, -511, "the peer ended the connection with an alert")                           \
  X(ERR_TLS_TRUNCATED, -512, "the transport ended without close_notify")                          \
  X(ERR_TLS_CLOSED, -513, "the connection is closed")                                             \
  X(ERR_TLS_VERSION, -514, "the peers share no protocol version")                                 \
  X(ERR_TLS_NO_SHARED_CIPHER, -515, "the peers share no cipher suite")                            \
  X(ERR_TLS_ALPN, -516, "the peers share no application protocol")                                \
  X(ERR_TLS_RECORD, -517, "a record is malformed or fails authentication")                        \
  X(ERR_TLS_BAD_CERTIFICATE, -518, "a configured certificate cannot be read")                     \
  X(ERR_TLS_BAD_KEY, -519, "the private key cannot be read or belongs to another certificate")    \
  X(ERR_TLS_NO_CA, -520, "verification needs a list of trusted authorities")                      \
  X(ERR_DTLS_FINGERPRINT, -521, "the peer's certificate has none of the expected fingerprints")   \
  X(ERR_DTLS_FINGERPRINT_WEAK, -522,                                                              \
    "the hash function of the fingerprint is broken or too short")                                \
  X(ERR_DTLS_NO_SRTP, -523, "the peers share no SRTP protection profile")                         \
  X(ERR_DTLS_TIMEOUT, -524, "the DTLS handshake did not end in time")                             \
  X(ERR_DTLS_NOT_MUTUAL, -525, "the peer did not ask for our certificate")                        \
  X(ERR_DTLS_ROLE, -526, "the peer took the same setup role as we did")

/* -600..-699: codecs and processing, lib/audio. */
#define VOXLOCK_STATUS_LIST_AUDIO(X)                                                             \
  X(ERR_AUDIO_RATE, -600, "the sample rate is not supported")                                    \
  X(ERR_AUDIO_CODEC, -601, "there is no such codec")                                             \
  X(ERR_AUDIO_CODEC_SETTING, -602, "a codec setting is outside its range")                       \
  X(ERR_AUDIO_PAYLOAD, -603, "the payload is not a packet of this codec")                        \
  X(ERR_AUDIO_FRAME_SIZE, -604, "the number of samples is not a legal frame")                    \
  X(ERR_AUDIO_BLOCK, -605, "the chain cannot work on blocks of this size")                       \
  X(ERR_AUDIO_STAGE_COUNT, -606, "the chain has too many stages")                                \
  X(ERR_AUDIO_STAGE_KIND, -607, "there is no such kind of stage")                                \
  X(ERR_AUDIO_STAGE_FRAME, -608, "the stage's frame size is outside its range")                  \
  X(ERR_AUDIO_GAIN, -609, "the gain is outside its range")                                       \
  X(ERR_AUDIO_ATTENUATION, -610, "the denoiser's attenuation is outside its range")              \
  X(ERR_AUDIO_RESAMPLE_RATE, -611, "the resampler cannot give this rate")                        \
  X(ERR_AUDIO_RESAMPLE_QUALITY, -612, "the resampler's quality is outside its range")            \
  X(ERR_AUDIO_PROCESSOR, -613, "the host processor has no callback")                             \
  X(ERR_AUDIO_PROCESSOR_RATE, -614, "the host processor's rate is not the chain's at its place") \
  X(ERR_AUDIO_PROCESSOR_LATENCY, -615, "the host processor's latency is outside its range")      \
  X(ERR_AUDIO_OVERLAP, -616, "input and output overlap where they must not")

/* -700..-799: legs and bridges, lib/leg and lib/bridge. */
#define VOXLOCK_STATUS_LIST_BRIDGE(X)                                                 \
  X(ERR_OPAQUE, -700, "the content is sealed end to end, there is no audio to reach") \
  X(ERR_LEG_ATTACHED, -701, "the leg is driven by its bridge")                        \
  X(ERR_LEG_HELD, -702, "the agreed direction does not let this leg send")            \
  X(ERR_LEG_QUEUE_FULL, -703, "the event queue is full, poll first")                  \
  X(ERR_LEG_CLOSED, -704, "the media session was closed")                             \
  X(ERR_RELAY_CODEC, -705,                                                            \
    "the legs agreed on different codecs, sealed content cannot be transcoded")       \
  X(ERR_LEG_CHECKPOINT, -706,                                                         \
    "what the last stored checkpoint allows is used up, export and store another")    \
  X(ERR_TAP_REVOKED, -707, "the tap was revoked, or its bridge is gone")

/* -800..-899: the SIP user agent, lib/ua. */
#define VOXLOCK_STATUS_LIST_UA(X)                                                   \
  X(ERR_UA_NO_CALL, -800, "there is no such call")                                  \
  X(ERR_UA_NO_CONNECTION, -801, "there is no such connection, or it is not open")   \
  X(ERR_UA_DRAIN, -802, "the agent has output waiting, poll first")                 \
  X(ERR_UA_PENDING, -803, "an offer of either side is still under way")             \
  X(ERR_UA_URI, -804, "the URI is not one that a SIP request can be sent to")       \
  X(ERR_UA_HEADER, -805, "a header line is malformed or belongs to the user agent") \
  X(ERR_UA_TRANSPORT, -806, "a sips URI needs a TLS connection")

/* -900..-999: STUN and ICE, lib/ice. */
#define VOXLOCK_STATUS_LIST_ICE(X)                                                            \
  X(ERR_STUN_HEADER, -900, "the datagram is not a STUN message or longer than it says")       \
  X(ERR_STUN_ATTRIBUTE, -901, "a STUN attribute passes the end or has not its type's length") \
  X(ERR_STUN_FINGERPRINT, -902, "the STUN FINGERPRINT is wrong or not the last attribute")    \
  X(ERR_ICE_CREDENTIAL, -903, "an ICE ufrag or password breaks the grammar or repeats")       \
  X(ERR_ICE_CANDIDATE, -904, "an ICE candidate line is malformed")

/* -1000..-1099: end-to-end encrypted frames, lib/e2ee. */
#define VOXLOCK_STATUS_LIST_E2EE(X)                                                       \
  X(ERR_E2EE_AUTH, -1000, "the frame's authentication tag does not match")                \
  X(ERR_E2EE_NO_KEY, -1001, "there is no key for the frame")                              \
  X(ERR_E2EE_FRAME, -1002, "the frame is not of the agreed format")                       \
  X(ERR_E2EE_SERVER_FRAME, -1003, "the server's frame holds something else than silence") \
  X(ERR_E2EE_REPLAYED, -1004, "a frame with this counter was opened before")              \
  X(ERR_E2EE_EXHAUSTED, -1005, "the key has sealed as many frames as it may")             \
  X(ERR_E2EE_KEY, -1006, "the key material has not a length that its derivation takes")   \
  X(ERR_E2EE_KEY_ID, -1007, "the key's number lies beyond the ring")                      \
  X(ERR_E2EE_KEY_USE, -1008, "one SFrame key may not serve both directions")

/* -1100..-1199: checkpoints of live calls, lib/capi. */
#define VOXLOCK_STATUS_LIST_CHECKPOINT(X)                                                 \
  X(ERR_CHECKPOINT_FORMAT, -1100, "the bytes are no checkpoint of this kind and version") \
  X(ERR_CHECKPOINT_AUTH, -1101, "the checkpoint was changed or made with another key")    \
  X(ERR_CHECKPOINT_EPOCH, -1102, "the checkpoint is of an epoch that is over")            \
  X(ERR_CHECKPOINT_USED, -1103, "a checkpoint of the same object was imported already")

enum {
#define VOXLOCK_STATUS_ENUM(name, number, text) VOXLOCK_##name = (number),
  VOXLOCK_STATUS_LIST(VOXLOCK_STATUS_ENUM)
#undef VOXLOCK_STATUS_ENUM
      VOXLOCK_STATUS_END_ = 1
};

/* Says what a status means, in one English clause without a full stop.
 * status: any value; an unknown one gives "unknown status".
 * Returns a static string, never NULL. Callable from any thread. */
VOXLOCK_API const char* voxlock_strerror(int32_t status);

/* Gives the name of a status as written in this header, for example "VOXLOCK_ERR_SYNTAX".
 * An unknown value gives "VOXLOCK_UNKNOWN". Returns a static string, never NULL. */
VOXLOCK_API const char* voxlock_status_name(int32_t status);

#ifdef __cplusplus
}
#endif

#endif
