package fetch

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// maxTokenFile is how many bytes of a token file are read. A token is one line.
const maxTokenFile = 64 << 10

// Token returns the API token from file, or if file is "", from the first environment variable that is set. There is no
// flag for it, since anyone on the machine can read a program's arguments. The error may be the context's cause. It
// never contains the token.
func Token(ctx context.Context, file string, getenv func(string) string) (string, error) {
	if file != "" {
		token, err := readToken(ctx, file)
		if err != nil {
			return "", fmt.Errorf("--token-file: %w", err)
		}
		return token, nil
	}
	for _, name := range []string{"GPUFLEET_TOKEN", "ACCESS_TOKEN", "NEBULA_BLOCK_API_KEY"} {
		if text := trimToken(getenv(name)); text != "" {
			token, err := checkToken(text)
			if err != nil {
				return "", fmt.Errorf("$%s: %w", name, err)
			}
			return token, nil
		}
	}
	return "", errors.New("no API token: set $GPUFLEET_TOKEN, use --token-file, or try --demo")
}

// readToken reads the token from a file or a pipe.
func readToken(ctx context.Context, path string) (string, error) {
	content, err := ReadText(ctx, path, maxTokenFile)
	if err != nil {
		return "", err
	}
	return checkToken(string(content))
}

// trimToken returns a text without the byte order marks and blanks around it.
func trimToken(text string) string {
	return strings.TrimFunc(text, func(r rune) bool { return unicode.IsSpace(r) || r == '\uFEFF' })
}

// mistakenTokens are texts around a token that people copy along with it. A bearer token has an equals sign only at
// its end (RFC 6750).
var mistakenTokens = []struct {
	pattern *regexp.Regexp
	says    string
}{
	{regexp.MustCompile("^[\"'`\u2018-\u201F\u00AB\u00BB]|[\"'`\u2018-\u201F\u00AB\u00BB]$"),
		"the token is in quotes; remove them"},
	{regexp.MustCompile(`(?i)^(authorization\s*[:=]\s*)?bearer([\s:=]|$)`),
		`it begins with "Bearer", which the program adds itself; use the token alone`},
	{regexp.MustCompile(`(?i)^(export|set|setx)\s|=\s*[^=\s]`),
		"it has the form NAME=token; use the token alone"},
	{regexp.MustCompile(`^[A-Z_]+_(TOKEN|KEY)=$`), "it has the form NAME=token, and the token is missing"},
	{regexp.MustCompile(`^\$`), "it is the name of a variable, not its value"},
	{regexp.MustCompile(`\s`), "it has several words or lines; use the token alone"},
}

// checkToken returns the token without what may surround it, or an error that says why it is none.
func checkToken(text string) (string, error) {
	token := trimToken(text)
	switch {
	case token == "":
		return "", errors.New("not a token; it is empty")
	case strings.HasPrefix(text, "\xFF\xFE"), strings.HasPrefix(text, "\xFE\xFF"):
		return "", errors.New("not a token; it is UTF-16, so save it as UTF-8")
	}
	for _, mistake := range mistakenTokens {
		if mistake.pattern.MatchString(token) {
			return "", fmt.Errorf("not a token; %s", mistake.says)
		}
	}
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", errors.New("not a token; it has characters other than letters, digits and common signs")
	}
	return token, nil
}
