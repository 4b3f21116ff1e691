package fetch

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strings"
)

// Account returns a hash that tells accounts apart, so that what is compared is one account's. It is made of the API's host
// name and, where the token is an access token that names its owner, of the owner; never of the token itself. An API key
// names no owner: the keys of one host count as one account, so that a new key does not cost the history.
func Account(apiURL, token string) string {
	u, err := url.Parse(apiURL)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256([]byte(strings.ToLower(u.Hostname()) + "\n" + tokenOwner(token)))
	return hex.EncodeToString(sum[:])
}

// tokenOwner returns the subject of a JWT, "" where the token is none or names none. The signature is the API's to check.
func tokenOwner(token string) string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return ""
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return ""
	}
	var claims struct {
		Subject json.RawMessage `json:"sub"`
	}
	if json.Unmarshal(payload, &claims) != nil || string(claims.Subject) == "null" {
		return ""
	}
	var text string
	if json.Unmarshal(claims.Subject, &text) != nil {
		text = string(claims.Subject) // a number, as some issuers have it
	}
	return text
}
