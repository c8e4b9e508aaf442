// Takes the calls of a SIP trunk (TLS, SRTP keyed by SDES) into rooms of a LiveKit server, each as a
// participant of kind SIP. The sockets, the clock and the WebRTC stack are of this program and of LiveKit's
// SDK; signalling, SRTP, codecs, denoising and frame encryption are the library's.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/livekit/protocol/logger"
	lksdk "github.com/livekit/server-sdk-go/v2"

	"voxlock"
)

type options struct {
	listen, certificate, key, authorities string
	url, apiKey, apiSecret, room          string
	identity, hear, report, dial          string
	passphrase                            string
	calls                                 int
	silence, patience                     time.Duration
}

func parse(arguments []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("livekit-bridge", flag.ContinueOnError)
	flags.StringVar(&o.listen, "listen", "127.0.0.1:5061", "address and port for SIP over TLS")
	flags.StringVar(&o.certificate, "cert", "", "own certificate, PEM")
	flags.StringVar(&o.key, "key", "", "its key, PEM")
	flags.StringVar(&o.authorities, "ca", "", "PEM of the authorities that a caller's certificate must come from; none: any caller")
	flags.StringVar(&o.url, "url", "ws://127.0.0.1:7880", "the LiveKit server")
	flags.StringVar(&o.apiKey, "api-key", "devkey", "its API key")
	flags.StringVar(&o.apiSecret, "api-secret", "", "API secret, or @FILE")
	flags.StringVar(&o.room, "room", "voxlock", "room of the calls; a * in it stands for the number that was called")
	flags.StringVar(&o.identity, "identity", "phone", "identity in the room; a * in it stands for the caller's number")
	flags.StringVar(&o.hear, "hear", "", "identity that the phone hears (default: whoever speaks first)")
	flags.StringVar(&o.dial, "dial", "", "sips: URI to call, for the room")
	flags.StringVar(&o.passphrase, "e2ee", "", "shared passphrase of end-to-end encryption, or @FILE")
	flags.StringVar(&o.report, "report", "", "file for the report, as JSON")
	flags.IntVar(&o.calls, "calls", 0, "end after so many calls; 0: go on")
	flags.DurationVar(&o.silence, "media-timeout", 30*time.Second, "hang up after so long without a packet")
	flags.DurationVar(&o.patience, "join-timeout", 10*time.Second, "refuse a call whose room cannot be joined in this time")
	if err := flags.Parse(arguments); err != nil {
		return o, err
	}
	if flags.NArg() != 0 {
		return o, fmt.Errorf("unknown argument %q", flags.Arg(0))
	}
	if o.certificate == "" || o.key == "" {
		return o, errors.New("-cert and -key are needed: the trunk is TLS")
	}
	for _, secret := range []*string{&o.apiSecret, &o.passphrase} {
		if err := readSecret(secret); err != nil {
			return o, err
		}
	}
	if number, host := userOf(o.dial); o.dial != "" && (number == "" || host == "" || !strings.HasPrefix(o.dial, "sips:")) {
		return o, fmt.Errorf("-dial wants sips:number@host, not %q", o.dial)
	}
	if o.apiSecret == "" {
		return o, errors.New("-api-secret is needed")
	}
	return o, nil
}

// readSecret replaces @FILE by the file's text: what stands in the command line, other users can read.
func readSecret(secret *string) error {
	path, isFile := strings.CutPrefix(*secret, "@")
	if !isFile {
		return nil
	}
	text, err := os.ReadFile(path)
	*secret = strings.TrimSpace(string(text))
	if err == nil && *secret == "" {
		return fmt.Errorf("%s is empty", path)
	}
	return err
}

func tlsConfig(o options) (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(o.certificate, o.key)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	if o.authorities == "" {
		return config, nil
	}
	text, err := os.ReadFile(o.authorities)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("no certificate in %s", o.authorities)
	}
	config.RootCAs, config.ClientCAs, config.ClientAuth = pool, pool, tls.RequireAndVerifyClientCert
	return config, nil
}

func run(arguments []string) error {
	o, err := parse(arguments)
	if err != nil {
		return err
	}
	config, err := tlsConfig(o)
	if err != nil {
		return err
	}
	lksdk.SetLogger(logger.GetDiscardLogger())
	library, err := voxlock.NewContext(voxlock.ContextConfig{})
	if err != nil {
		return err
	}
	defer library.Close()
	listener, err := net.Listen("tcp", o.listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	t, err := newTrunk(o, library, config, listener)
	if err != nil {
		return err
	}
	fmt.Printf("listening on %s\n", listener.Addr())
	interrupted, restore := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer restore()
	failed := t.run(interrupted.Done())
	return errors.Join(failed, t.summary.write(o.report))
}

func main() {
	err := run(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "livekit-bridge: %v\n", err)
		os.Exit(1)
	}
}
