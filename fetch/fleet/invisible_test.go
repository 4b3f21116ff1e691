package fleet

import "testing"

func TestVisible(t *testing.T) {
	for text, want := range map[string]string{
		"":                      "",
		"web-1":                 "web-1",
		"Zürich":                "Zürich",
		"\u200B\u2060":          "[U+200B][U+2060]",
		"\u3164":                "[U+3164]",
		"\u2800":                "[U+2800]",
		"web\u200B-1":           "web[U+200B]-1",
		"web-1\u200D":           "web-1[U+200D]",
		"größe\uFE0F":           "größe[U+FE0F]",
		"\u00AD\u115F\u034F":    "[U+00AD][U+115F][U+034F]",
		"\U000E0041":            "[U+E0041]",
		"\u3164\u200D\u3164":    "[U+3164][U+200D][U+3164]",
		"می\u200Cخواهم":         "می\u200Cخواهم",
		"👨\u200D👩\u200D👧":       "👨\u200D👩\u200D👧",
		"❤\uFE0F\u200D🔥":        "❤\uFE0F\u200D🔥",
		"1\uFE0F\u20E3":         "1\uFE0F\u20E3",
		"\u200D👨":               "[U+200D]👨",
		"\u0600\u0661, \uFFFD!": "\u0600\u0661, \uFFFD!",
	} {
		if got := Visible(text); got != want {
			t.Errorf("%+q: %+q, want %+q", text, got, want)
		}
		if got := Visible(want); got != want {
			t.Errorf("%+q: %+q the second time", want, got)
		}
	}
}
