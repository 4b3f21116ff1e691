package fetch

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestClock holds the API's Date against our clock: more than ten minutes apart is a warning, more than a day an error.
func TestClock(t *testing.T) {
	t.Parallel()
	api := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	const warning = "more than 10 minutes"
	for name, test := range map[string]struct {
		date          string
		ahead         time.Duration
		warning, says string
	}{
		"equal":                 {api.Format(http.TimeFormat), 0, "", ""},
		"ten minutes ahead":     {api.Format(http.TimeFormat), 10 * time.Minute, "", ""},
		"ten minutes behind":    {api.Format(http.TimeFormat), -10 * time.Minute, "", ""},
		"more ahead":            {api.Format(http.TimeFormat), 10*time.Minute + time.Second, warning, ""},
		"more behind":           {api.Format(http.TimeFormat), -10*time.Minute - time.Second, warning, ""},
		"a day ahead":           {api.Format(http.TimeFormat), 24 * time.Hour, warning, ""},
		"more than a day ahead": {api.Format(http.TimeFormat), 24*time.Hour + time.Second, "", "ahead of the API's; set"},
		"in 1970":               {api.Format(http.TimeFormat), -api.Sub(time.Unix(0, 0)), "", "behind the API's; set"},
		"no date":               {"", 1000 * time.Hour, "", ""},
		"an invalid date":       {"SECRET", 1000 * time.Hour, "", ""},
	} {
		a := newAPI(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Date"] = []string{test.date}
			w.Write([]byte(reply(1, `{"id": 1}`)))
		})
		client, _ := a.client()
		client.Clock = func() time.Time { return api.Add(test.ahead) }
		list, err := client.Instances(t.Context())
		if test.says != "" {
			wantError(t, err, Incomplete)
			if err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if said := strings.Join(list.Warnings.Lines(), "\n"); !strings.Contains(said, test.warning) ||
			test.warning == "" && said != "" {
			t.Errorf("%s: warnings %q", name, said)
		}
	}
}
