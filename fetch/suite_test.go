package fetch

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSuiteInReplies reads the JSONTestSuite where it is at hand, and a few cases of our own, as parts of a reply and as whole replies: what is JSON is passed over, what
// is none is refused as a reply that is not what the API's document describes.
func TestSuiteInReplies(t *testing.T) {
	cases := map[string]string{
		"y_nested": `{"a": [null, {"b": "\u0000\ud83d\ude00"}]}`, "y_number": `-0.5e+10`, "y_string": `"\"\\\/"`, "n_comma": `[1,]`, "n_bare": `nul`, "n_number": `01`, "n_string": `"\x"`, "n_control": "\"a\nb\"", "n_key": `{a: 1}`,
	}
	files, _ := filepath.Glob("../../shared/corpora/jsontestsuite/test_parsing/*.json")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		cases[filepath.Base(file)] = string(text)
	}
	t.Logf("%d texts", len(cases))
	for name, text := range cases {
		valid, invalid := strings.HasPrefix(name, "y_"), strings.HasPrefix(name, "n_")
		for place, body := range map[string]string{
			"in a row":         `{"data": [{"id": 1, "other": ` + text + `}], "total_instance": 1, "status": "success"}`,
			"in a password":    `{"data": [{"id": 1, "vm_password": ` + text + `}], "total_instance": 1, "status": "success"}`,
			"in a known field": `{"data": [{"id": 1, "gpu_count": ` + text + `}], "total_instance": 1, "status": "success"}`,
			"around":           `{"other": ` + text + `, "data": [{"id": 1}], "total_instance": 1, "status": "success"}`,
			"as the whole":     text,
		} {
			list, err := Saved(context.Background(), []string{Stdin}, strings.NewReader(body))
			switch {
			case invalid, valid && place == "as the whole":
				wantError(t, err, BadAPI)
			case valid && (err != nil || len(list.Instances) != 1):
				t.Errorf("%s %s: %v", name, place, err)
			}
		}
	}
}
