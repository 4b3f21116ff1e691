package fetch

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTokens reads each text as every variable and as a file. What is not a token must never be sent, and no error may
// contain a part of it.
func TestTokens(t *testing.T) {
	t.Parallel()
	const key = "ak_S3CRET"
	for text, want := range map[string]string{
		key:                              key,
		" " + key + "\t\r\n\n":           key,
		"\uFEFF" + key:                   key,
		"\uFEFF \u00A0" + key + "\uFEFF": key,
		"eyJh.S3CRET-._~+/==":            "eyJh.S3CRET-._~+/==",
		"S3CRETkey=":                     "S3CRETkey=",
		"bearerS3CRET":                   "bearerS3CRET",
		"1|S3CRET":                       "1|S3CRET",

		`"` + key + `"`:                "quotes",
		"'" + key + "'":                "quotes",
		"`" + key + "`":                "quotes",
		"\u201C" + key + "\u201D":      "quotes",
		"\u201E" + key + "\u201C":      "quotes",
		`"` + key:                      "quotes",
		key + "'":                      "quotes",
		" \"" + key + "\"\n":           "quotes",
		"Bearer " + key:                "Bearer",
		"bearer\t" + key:               "Bearer",
		"BEARER: " + key:               "Bearer",
		"Bearer":                       "Bearer",
		"Authorization: Bearer " + key: "Bearer",
		"GPUFLEET_TOKEN=" + key:        "NAME=token",
		"token = " + key:               "NAME=token",
		"api-key=" + key:               "NAME=token",
		"nebula.key=" + key + "==":     "NAME=token",
		"1=" + key:                     "NAME=token",
		"export X=" + key:              "NAME=token",
		"$env:TOKEN = \"" + key:        "NAME=token",
		"ACCESS_TOKEN=\"" + key + "\"": "quotes",
		"bearer=" + key:                "Bearer",
		"GPUFLEET_TOKEN=":              "NAME=token",
		"$GPUFLEET_TOKEN":              "variable",
		key + " " + key:                "several words",
		key + "\n" + key:               "several words",
		key + "\u00E9":                 "other than letters",
		key + "\u200B":                 "other than letters",
		key + "\x00":                   "other than letters",
		"\xFF\xFEa\x00k\x00":           "UTF-16",
		"\xFE\xFF\x00a\x00k":           "UTF-16",
		"":                             "no API token", // but "empty" for a file
		" \uFEFF\n":                    "no API token",
	} {
		file := filepath.Join(t.TempDir(), "token")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, from := range []string{"", "GPUFLEET_TOKEN", "ACCESS_TOKEN", "NEBULA_BLOCK_API_KEY"} {
			path, says := file, strings.ReplaceAll(want, "no API token", "empty")
			if from != "" {
				path, says = "", want
			}
			getenv := func(name string) string {
				if name == from {
					return text
				}
				return ""
			}
			got, err := Token(context.Background(), path, getenv)
			switch isToken := strings.Contains(want, "S3CRET"); {
			case isToken && (got != want || err != nil):
				t.Errorf("%s %q: %q, %v", from, text, got, err)
			case isToken:
			case got != "" || err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "S3CRET"):
				t.Errorf("%s %q: %q, %v; want %q", from, text, got, err, says)
			}
		}
	}
}
