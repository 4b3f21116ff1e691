package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// maxTokenFile bounds what is read of a token file: a token is a line.
const maxTokenFile = 64 << 10

// ReadToken reads the token from a file. It may be a pipe that nobody writes to: the wait ends with the context, whose cause
// is returned then. No error holds the token.
func ReadToken(ctx context.Context, path string) (string, error) {
	file, err := openFile(ctx, path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(&patientReader{ctx: ctx, source: file}, maxTokenFile))
	if err != nil {
		return "", err
	}
	return CheckToken(string(content))
}

// CheckToken returns a token without the blanks around it, or what is wrong with it.
func CheckToken(token string) (string, error) {
	token = strings.TrimSpace(token)
	if token == "" || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", errors.New("it does not hold a token: one is expected, a single word without \"Bearer\"")
	}
	return token, nil
}

// Token returns the API token: that of file, where one is named, else of the first environment variable that has one. There is no
// flag for it: anyone on the machine can read a program's arguments. The error is as that of ReadToken.
func Token(ctx context.Context, file string) (string, error) {
	if file != "" {
		token, err := ReadToken(ctx, file)
		if err != nil {
			return "", fmt.Errorf("--token-file: %w", err)
		}
		return token, nil
	}
	for _, name := range []string{"GPUFLEET_TOKEN", "ACCESS_TOKEN", "NEBULA_BLOCK_API_KEY"} {
		if text := strings.TrimSpace(os.Getenv(name)); text != "" {
			token, err := CheckToken(text)
			if err != nil {
				return "", fmt.Errorf("$%s: %w", name, err)
			}
			return token, nil
		}
	}
	return "", errors.New("no API token: put it in $GPUFLEET_TOKEN or a file named by --token-file, or try --demo")
}
