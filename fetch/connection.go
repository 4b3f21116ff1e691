package fetch

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"syscall"
)

// connectionTrouble says why no reply came from a server or proxy, and what to do. setting is what names it, such as
// --api-url. The texts contain nothing that the other side sent, such as the names in its certificate.
func connectionTrouble(err error, setting string) (what, advice string) {
	var (
		dns    *net.DNSError
		record tls.RecordHeaderError
		alert  *net.OpError
	)
	orLater := "check " + setting + ", or try again later"
	switch {
	case errors.As(err, &dns) && !dns.IsTimeout:
		return "no such host", "check " + setting + " and the network"
	case isCertificateError(err):
		return certificateTrouble(err, setting)
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return "the server does not speak HTTPS", "check " + setting
	case errors.As(err, &alert) && alert.Op == "remote error": // only crypto/tls uses this name
		return "the server refused the encrypted connection",
			"check " + setting + ", or ask the people who run the server what clients it accepts"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused", orLater
	case errors.Is(err, errIdle):
		return "no data for 30 seconds", "try again later"
	case isTimeout(err):
		return "the connection timed out", orLater
	case isCut(err):
		return "the connection was closed before the reply was complete", "try again later"
	}
	return "no readable reply", "check " + setting + " and the network"
}

// isCertificateError reports whether the other side's certificate is why there is no connection.
func isCertificateError(err error) bool {
	var verification *tls.CertificateVerificationError
	return errors.As(err, &verification)
}

func certificateTrouble(err error, setting string) (what, advice string) {
	var (
		authority x509.UnknownAuthorityError
		noRoots   x509.SystemRootsError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &authority), errors.As(err, &noRoots):
		return "this machine does not trust the authority that signed the certificate",
			"if you do, name a file with the authority's certificate in $SSL_CERT_FILE"
	case errors.As(err, &hostname):
		return "the certificate is for another name", "check " + setting
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the certificate has expired or is not valid yet",
			"check the clock of this machine, or tell the people who run the server"
	}
	return "the certificate is not valid", "check " + setting + ", or tell the people who run the server"
}
