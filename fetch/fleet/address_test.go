package fleet

import (
	"net/netip"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestHideAddress(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                     "",
		"web":                                  "web",
		"198.51.100.21":                        "[address]",
		"vm-198-51-100-21":                     "vm-[address]",
		"ip_198_51_100_21_web":                 "ip_[address]_web",
		"a 0.0.0.0, 255.255.255.255: b":        "a [address], [address]: b",
		"1.2-3_4":                              "[address]",
		"(10.0.0.1)":                           "([address])",
		"10.0.0.1:22":                          "[address]:22",
		"10.0.0.1.":                            "[address].",
		"10.0.0.1-web":                         "[address]-web",
		"10.0.0.1/24":                          "[address]/24",
		"größe-10.0.0.1":                       "größe-[address]",
		"10.0.0.１":                             "[address]",
		"10.0.\u200b0.1":                       "[address]",
		"ｘ１0.0.0.1":                            "ｘ１0.0.0.1",
		"10.0.17763.1":                         "10.0.17763.1",
		"1.2.3.4.5":                            "1.2.3.4.5",
		"0-1.2.3.4":                            "0-1.2.3.4",
		"1.2.3.4-5":                            "1.2.3.4-5",
		"1.2.3":                                "1.2.3",
		"1.2.3.256":                            "1.2.3.256",
		"1.2.3.04":                             "1.2.3.04",
		"1..2.3.4":                             "1..2.3.4",
		"x1.2.3.4":                             "x1.2.3.4",
		"é1.2.3.4":                             "é1.2.3.4",
		"1.2.3.4x":                             "1.2.3.4x",
		"1.2.3.4é":                             "1.2.3.4é",
		"1.2.3.4444":                           "1.2.3.4444",
		"Ubuntu 22.04.5 LTS":                   "Ubuntu 22.04.5 LTS",
		"2026-11-25-10":                        "2026-11-25-10",
		"25-11-20-10":                          "[address]",
		"2001:db8::1":                          "[address]",
		"a-2001:DB8::1-b":                      "a-[address]-b",
		"[2001:db8::1]:443":                    "[[address]]:443",
		"fe80::1%eth0":                         "[address]%eth0",
		"::1":                                  "[address]",
		"1::":                                  "[address]",
		"::ffff:10.0.0.1":                      "[address]",
		"1:2:3:4:5:6:7:8":                      "[address]",
		"1:2:3:4:5:6:7::":                      "[address]",
		"1:2:3:4:5:6:10.0.0.1":                 "[address]",
		"web:2001:db8::1":                      "web:[address]",
		"::":                                   "::",
		"a :: b":                               "a :: b",
		"std::vector":                          "std::vector",
		"12:30:45":                             "12:30:45",
		"aa:bb:cc:dd:ee:ff":                    "aa:bb:cc:dd:ee:ff",
		"x2001:db8::1":                         "x2001:[address]",
		"2001:db8::1g":                         "2001:db8::1g",
		"7f0c1b52-98a1-4c6e-9a53-0a8f3ce1d001": "7f0c1b52-98a1-4c6e-9a53-0a8f3ce1d001",
	} {
		if got := HideAddress(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// showsAddress looks for an address in the plainest way: it tries every part of a text.
func showsAddress(text string) bool {
	word := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	text = strings.ToLower(text)
	for start := range text {
		before, _ := utf8.DecodeLastRuneInString(text[:start])
		for end := start + 2; end <= min(len(text), start+45); end++ {
			if start > 0 && word(before) {
				continue
			}
			if after, _ := utf8.DecodeRuneInString(text[end:]); end < len(text) && word(after) {
				continue
			}
			part := text[start:end]
			if strings.Contains(part, ":") {
				if _, err := netip.ParseAddr(part); err == nil && part != "::" && !strings.Contains(part, "%") {
					return true
				}
				continue
			}
			neighbours := func(near string) bool {
				return len(near) == 2 && strings.Contains(".-_", near[:1]) && '0' <= near[1] && near[1] <= '9'
			}
			left, right := "", text[end:min(len(text), end+2)]
			if start > 1 {
				left = string([]byte{text[start-1], text[start-2]})
			}
			dotted := strings.NewReplacer("-", ".", "_", ".").Replace(part)
			if a, err := netip.ParseAddr(dotted); err == nil && a.Is4() && !neighbours(left) && !neighbours(right) {
				return true
			}
		}
	}
	return false
}

// FuzzHideAddress checks that no address survives, and that nothing else changes.
func FuzzHideAddress(f *testing.F) {
	for _, seed := range []string{
		"198.51.100.21", "vm-198-51-100-21", "1.2.3.4.5", "::1", "2001:db8::1", "::ffff:10.0.0.1", "1:2:3:4:5:6:7:8",
		"a:b::c:d 1.2.3.4", "10.0.0.\u200b1", "１.2.3.4", "1.2.3.4::1", "::1.2.3.4.5",
		"\u1100::\uac00\uff11", "1:2::3:4.5.6.7",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		clean, _ := CleanText([]byte(strings.ToValidUTF8(text, "?")), false)
		hidden := HideAddress(clean)
		if showsAddress(string(Fold(hidden).Text)) || showsAddress(hidden) {
			t.Errorf("%q becomes %q", clean, hidden)
		}
		if HideAddress(hidden) != hidden {
			t.Errorf("%q becomes %q", hidden, HideAddress(hidden))
		}
		if parts := strings.Split(hidden, addressMask); len(parts) == 1 && hidden != clean {
			t.Errorf("%q changes to %q", clean, hidden)
		}
	})
}

// TestFoldEachCharacter folds each character, which is then folded, and is that of the other case.
func TestFoldEachCharacter(t *testing.T) {
	t.Parallel()
	fold := func(r rune) string { return string(Fold("." + string(r) + ".").Text) }
	for r := rune(0x80); r <= unicode.MaxRune; r++ {
		if !unicode.In(r, unicode.L, unicode.M, unicode.Nl, unicode.So) {
			continue
		}
		once := fold(r)
		if again := string(Fold(once).Text); again != once {
			t.Errorf("%U becomes %q, then %q", r, once, again)
		}
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			if fold(other) != once {
				t.Errorf("%U becomes %q, but %U %q", r, once, other, fold(other))
			}
		}
	}
}

// FuzzFold checks folded texts: they are folded already, and each part comes from a part of the original.
func FuzzFold(f *testing.F) {
	for _, seed := range []string{"Straße", "ﬁﬀ", "İ", "e\u0301\u0323", "\u200ba\u00ad", "Ⓐ",
		"ﷺ", "각", "ŉ", "ᾳ\u0345", "\ufffd", "Ꭺ\u0313ﬁ"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		clean, _ := CleanText([]byte(strings.ToValidUTF8(text, "?")), false)
		folded := Fold(clean)
		if again := Fold(string(folded.Text)); string(again.Text) != string(folded.Text) {
			t.Errorf("%q becomes %q, then %q", clean, folded.Text, again.Text)
		}
		last := 0
		for i := range folded.Text {
			part := folded.Original(i, i+1)
			from, to := part.Start, part.End
			if from < last || to <= from || to > len(clean) || !utf8.ValidString(clean[from:to]) {
				t.Fatalf("%q: byte %d of %q comes from %d to %d", clean, i, folded.Text, from, to)
			}
			last = from
		}
	})
}
