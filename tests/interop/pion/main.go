// A full, controlling ICE agent (pion) for the interop test: commands on standard input, one word
// and its arguments a line; what happened on standard output.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/pion/ice/v4"
)

var output sync.Mutex

func say(format string, arguments ...any) {
	output.Lock()
	defer output.Unlock()
	fmt.Printf(format+"\n", arguments...)
}

func check(err error) {
	if err != nil {
		say("error %v", err)
		os.Exit(1)
	}
}

// describe says the own description, once gathering is complete.
func describe(agent *ice.Agent) {
	ufrag, pwd, err := agent.GetLocalUserCredentials()
	check(err)
	candidates, err := agent.GetLocalCandidates()
	check(err)
	for _, candidate := range candidates {
		say("candidate candidate:%s", candidate.Marshal())
	}
	say("local %s %s", ufrag, pwd)
}

func newAgent(networks []ice.NetworkType) *ice.Agent {
	keepalive := 500 * time.Millisecond
	agent, err := ice.NewAgent(&ice.AgentConfig{
		NetworkTypes:      networks,
		CandidateTypes:    []ice.CandidateType{ice.CandidateTypeHost},
		IncludeLoopback:   true,
		MulticastDNSMode:  ice.MulticastDNSModeDisabled,
		KeepaliveInterval: &keepalive,
	})
	check(err)
	check(agent.OnCandidate(func(candidate ice.Candidate) {
		if candidate == nil {
			describe(agent)
		}
	}))
	check(agent.OnConnectionStateChange(func(state ice.ConnectionState) { say("state %s", state) }))
	check(agent.OnSelectedCandidatePairChange(func(local, remote ice.Candidate) {
		say("pair %s:%d", remote.Address(), remote.Port())
	}))
	return agent
}

func addCandidate(agent *ice.Agent, line string) {
	candidate, err := ice.UnmarshalCandidate(strings.TrimPrefix(line, "candidate:"))
	check(err)
	check(agent.AddRemoteCandidate(candidate))
}

// run dials and then hands on what comes.
func run(agent *ice.Agent, ufrag, pwd string, conns chan<- *ice.Conn) {
	conn, err := agent.Dial(context.Background(), ufrag, pwd)
	check(err)
	say("connected")
	conns <- conn
	buffer := make([]byte, 2048)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			return
		}
		say("got %s", buffer[:n])
	}
}

func main() {
	networks := []ice.NetworkType{ice.NetworkTypeUDP4}
	if len(os.Args) > 1 && os.Args[1] == "6" {
		networks = []ice.NetworkType{ice.NetworkTypeUDP6}
	}
	agent := newAgent(networks)
	conns := make(chan *ice.Conn, 1)
	var conn *ice.Conn
	check(agent.GatherCandidates())
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		word, rest, _ := strings.Cut(input.Text(), " ")
		switch word {
		case "candidate":
			addCandidate(agent, rest)
		case "dial":
			ufrag, pwd, _ := strings.Cut(rest, " ")
			go run(agent, ufrag, pwd, conns)
		case "send":
			if conn == nil {
				conn = <-conns
			}
			_, err := conn.Write([]byte(rest))
			check(err)
		case "restart":
			check(agent.Restart("", ""))
			check(agent.GatherCandidates())
		case "remote":
			ufrag, pwd, _ := strings.Cut(rest, " ")
			check(agent.SetRemoteCredentials(ufrag, pwd))
		case "quit":
			return
		}
	}
}
