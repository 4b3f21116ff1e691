package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// maxTokenFile bounds what is read of a token file: a token is a line.
const maxTokenFile = 64 << 10

// Token returns the API token: that of file, if one is named, else of the first environment variable that has one.
// There is no flag for it: anyone on the machine can read a program's arguments. The error may be the context's
// cause. It never holds the token.
func Token(ctx context.Context, file string, getenv func(string) string) (string, error) {
	if file != "" {
		token, err := readToken(ctx, file)
		if err != nil {
			return "", fmt.Errorf("--token-file: %w", err)
		}
		return token, nil
	}
	for _, name := range []string{"GPUFLEET_TOKEN", "ACCESS_TOKEN", "NEBULA_BLOCK_API_KEY"} {
		if text := strings.TrimSpace(getenv(name)); text != "" {
			token, err := checkToken(text)
			if err != nil {
				return "", fmt.Errorf("$%s: %w", name, err)
			}
			return token, nil
		}
	}
	return "", errors.New("no API token: put it in $GPUFLEET_TOKEN or a file named by --token-file, or try --demo")
}

// readToken reads the token from a file, which may be a pipe.
func readToken(ctx context.Context, path string) (string, error) {
	content, err := ReadText(ctx, path, maxTokenFile)
	if err != nil {
		return "", err
	}
	return checkToken(string(content))
}

// checkToken returns a token without the blanks around it, or what is wrong with it.
func checkToken(token string) (string, error) {
	token = strings.TrimSpace(token)
	if token == "" || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", errors.New("it does not hold a token: one is expected, a single word without \"Bearer\"")
	}
	return token, nil
}

// Account returns a hash that tells accounts apart, so that what is compared is one account's. It is made of the
// API's host name and, where the token is an access token that names its owner, of the owner; never of the token
// itself. An API key names no owner: the keys of one host count as one account, so that a new key does not cost the
// history.
func Account(apiURL, token string) string {
	u, err := url.Parse(apiURL)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256([]byte(strings.ToLower(u.Hostname()) + "\n" + tokenOwner(token)))
	return hex.EncodeToString(sum[:])
}

// tokenOwner returns the subject of a JWT, "" where the token is none or names none. It is the API that checks the
// signature.
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
