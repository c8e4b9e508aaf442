package voxlock

// #include <voxlock/voxlock.h>
import "C"

import (
	"net/netip"
	"time"
)

// IdentityConfig is that of a certificate; only what is set stands in it.
type IdentityConfig struct {
	IsCA       bool
	CommonName string // default "voxlock"
	DNSName    string // subjectAltName
	IP         netip.Addr
	SIPURI     string    // subjectAltName, "sip:example.net" (RFC 5922)
	NotBefore  time.Time // default: a day ago
	NotAfter   time.Time // default: in 30 days
	Issuer     *Identity // default: self-signed
}

// Identity is a certificate with an ECDSA P-256 key, for WebRTC legs and for tests.
type Identity struct{ handle *handle }

// NewIdentity makes a key and its certificate.
func (c *Context) NewIdentity(config IdentityConfig) (*Identity, error) {
	var lent lender
	defer lent.giveBack()
	if config.NotBefore.IsZero() {
		config.NotBefore = time.Now().AddDate(0, 0, -1)
	}
	if config.NotAfter.IsZero() {
		config.NotAfter = time.Now().AddDate(0, 0, 30)
	}
	ip := config.IP.AsSlice()
	in := C.voxlock_identity_config{
		struct_size: C.sizeof_voxlock_identity_config, is_ca: C.uint32_t(flag(config.IsCA)),
		common_name: lent.terminated(config.CommonName), dns_name: lent.terminated(config.DNSName),
		ip: lent.bytes(ip), ip_len: C.size_t(len(ip)), sip_uri: lent.terminated(config.SIPURI),
		not_before_s: C.uint64_t(config.NotBefore.Unix()), not_after_s: C.uint64_t(config.NotAfter.Unix()),
	}
	var issuer *handle
	if config.Issuer != nil {
		issuer = config.Issuer.handle
	}
	if c == nil {
		return nil, ErrClosed
	}
	leave, err := enterAll(c.handle, issuer)
	if err != nil {
		return nil, err
	}
	defer leave()
	if issuer != nil {
		in.issuer = (*C.voxlock_identity)(issuer.pointer)
	}
	var out *C.voxlock_identity
	if err := check(C.voxlock_identity_new((*C.voxlock_context)(c.handle.pointer), &in, &out)); err != nil {
		return nil, err
	}
	return adopt[Identity](out, func(p *C.voxlock_identity) { C.voxlock_identity_free(p) }), nil
}

// Close gives the identity back and wipes the key.
func (i *Identity) Close() error { return i.handle.close() }

// CertificatePEM gives the certificate.
func (i *Identity) CertificatePEM() ([]byte, error) { return i.pem(C.VOXLOCK_IDENTITY_CERTIFICATE) }

// KeyPEM gives the private key, not encrypted: a secret.
func (i *Identity) KeyPEM() ([]byte, error) { return i.pem(C.VOXLOCK_IDENTITY_KEY) }

func (i *Identity) pem(part C.int32_t) ([]byte, error) {
	p, err := i.handle.enter()
	if err != nil {
		return nil, err
	}
	defer i.handle.leave()
	return taken(2048, func(out *C.uint8_t, n *C.size_t) C.int32_t {
		return C.voxlock_identity_pem((*C.voxlock_identity)(p), part, out, n)
	})
}
