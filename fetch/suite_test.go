package fetch

import (
	"context"
	"strings"
	"testing"

	"gpufleet/fetch/jsonscan/jsontest"
)

// TestSyntaxInReplies reads every case of JSON's syntax as a part of a reply and as a whole reply. Valid JSON in a
// field is no error. Invalid JSON is, and so is a whole reply that is not what the API documents.
func TestSyntaxInReplies(t *testing.T) {
	for _, c := range jsontest.Cases(t) {
		text, valid, invalid := c.Text, c.Verdict == jsontest.Valid, c.Verdict == jsontest.Invalid
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
				t.Errorf("%s, %s: %v", c.About, place, err)
			}
		}
	}
}
