package e2e

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// authority signs certificates for tests.
type authority struct {
	key         *ecdsa.PrivateKey
	certificate *x509.Certificate
	file        string // for $SSL_CERT_FILE
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: canary}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})
	return &authority{key, certificate, write(t, filepath.Join(t.TempDir(), "authority.pem"), string(text))}
}

// sign returns a certificate for a host or address that ends at a time.
func (a *authority) sign(t testing.TB, host string, ends time.Time) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: canary}, DNSNames: []string{host},
		NotBefore: ends.Add(-2 * time.Hour), NotAfter: ends,
	}
	if address := net.ParseIP(host); address != nil {
		template.DNSNames, template.IPAddresses = nil, []net.IP{address}
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, a.certificate, a.key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: a.key}
}

// serveTLS starts a server with a certificate.
func serveTLS(t testing.TB, certificate tls.Certificate, answer http.Handler) *server {
	t.Helper()
	s := unstarted(t, answer.ServeHTTP)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	s.StartTLS()
	return s
}

// proxy is a real proxy for CONNECT. It connects every host with one server, and asks for a user if it has one.
type proxy struct {
	target   string // host and port
	user     string // "name:password", or "" for none
	statuses []int  // of the first requests; then it connects

	mu    sync.Mutex
	heads []string // what it was asked, with all headers
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status := p.next(r)
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte(p.user))
	switch {
	case status != 0:
	case p.user != "" && r.Header.Get("Proxy-Authorization") != want:
		status = http.StatusProxyAuthRequired
	case r.Method != http.MethodConnect:
		status = http.StatusMethodNotAllowed
	}
	if status != 0 {
		w.Header().Set("Proxy-Authenticate", "Basic realm="+canary)
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		io.WriteString(w, "<html>"+canary)
		return
	}
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer server.Close()
	client, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer client.Close()
	io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n")
	join(server, client, buffered.Reader)
}

// next records a request and returns the planned status, 0 for none.
func (p *proxy) next(r *http.Request) (status int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	head := r.Method + " " + r.RequestURI
	for name, values := range r.Header {
		for _, value := range values {
			head += " " + name + ": " + value
		}
	}
	p.heads = append(p.heads, head)
	if len(p.statuses) > 0 {
		status, p.statuses = p.statuses[0], p.statuses[1:]
	}
	return status
}

func (p *proxy) asked() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.heads...)
}

// join copies between two connections until one of them ends.
func join(server, client net.Conn, fromClient io.Reader) {
	done := make(chan struct{}, 2)
	go func() { io.Copy(server, fromClient); done <- struct{}{} }()
	go func() { io.Copy(client, server); done <- struct{}{} }()
	<-done
}

// serveSOCKS starts a SOCKS5 proxy that connects every host with the target, or if code isn't 0, refuses with it. A
// code of 255 asks for a way to log in that no client has.
func serveSOCKS(t testing.TB, target string, code byte) string {
	t.Helper()
	return listen(t, func(conn net.Conn) {
		r := bufio.NewReader(conn)
		hello := make([]byte, 2)
		io.ReadFull(r, hello)
		io.CopyN(io.Discard, r, int64(hello[1]))
		if code == 255 {
			conn.Write([]byte{5, 255})
			return
		}
		conn.Write([]byte{5, 0})
		request := make([]byte, 5) // version, command, 0, kind of address, length of its name
		io.ReadFull(r, request)
		io.CopyN(io.Discard, r, int64(request[4])+2)
		conn.Write([]byte{5, code, 0, 1, 0, 0, 0, 0, 0, 0})
		if code != 0 {
			return
		}
		server, err := net.Dial("tcp", target)
		if err != nil {
			return
		}
		defer server.Close()
		join(server, conn, r)
	})
}

// listen gives each connection to serve, and returns the address.
func listen(t testing.TB, serve func(net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				serve(conn)
			}()
		}
	}()
	return listener.Addr().String()
}

// closedAddress is an address at which nothing listens. A port that was free a moment ago may be another test's now.
const closedAddress = "127.0.0.1:1"
