package fetch

import (
	"slices"
	"strings"
	"testing"

	"gpufleet/fetch/fleet"
)

const maskWarning = "row 1: host_name contains the instance's own password (masked); " +
	"change the password and remove it from the name"

// TestPasswordInHostName checks that no host name shows the password of its own instance, and that a warning says so
// without quoting the password.
func TestPasswordInHostName(t *testing.T) {
	long := strings.Repeat("x", fleet.MaxText-9)
	longest := strings.Repeat("x", 2*keepPassword)
	for row, want := range map[string]string{
		`"host_name": "hunter2!", "vm_password": "hunter2!"`:                              "[masked]",
		`"vm_password": "hunter2!", "host_name": "hunter2!"`:                              "[masked]",
		`"vm_password": "hunter2!", "host_name": "web-hunter2!-1"`:                        "web-[masked]-1",
		`"host_name": "web-hunter2!-1", "password": "hunter2!"`:                           "web-[masked]-1",
		`"host_name": "a hunter2! b hunter2!", "password": " hunter2! "`:                  "a [masked] b [masked]",
		`"host_name": "ahunter2!hunter2!b", "password": "hunter2!"`:                       "a[masked]b",
		`"host_name": "abcabcab", "password": "abcab"`:                                    "[masked]",
		`"host_name": "-abcabcab-", "password": "abcab"`:                                  "-[masked]-",
		`"host_name": "node-12345678", "vm_password": 12345678`:                           "node-[masked]",
		`"host_name": "one-two2-pass", "vm_password": "two2", "password": "pass"`:         "one-[masked]-[masked]",
		`"vm_password": "first", "host_name": "first-later", "vm_password": "later"`:      "[masked]-[masked]",
		`"vm_password": "abcd", "host_name": "xabcdefy", "password": "abcdef"`:            "x[masked]y",
		`"vm_password": "pass", "host_name": "old", "host_name": "pass-1"`:                "[masked]-1",
		`"vm_password": "p\u00e4ss", "host_name": "a-pä\u0073s"`:                          "a-[masked]",
		`"vm_password": "a\tb\tc", "host_name": "x a\tb\tc"`:                              "x [masked]",
		`"vm_password": "a", "host_name": "a"`:                                            "[masked]",
		`"vm_password": "a", "host_name": " a "`:                                          "[masked]",
		`"vm_password": "a", "host_name": "banana"`:                                       "banana",
		`"vm_password": "ana", "host_name": "banana"`:                                     "banana",
		`"vm_password": "日本語", "host_name": "x日本語"`:                                       "x日本語",
		`"vm_password": "anan", "host_name": "banana"`:                                    "b[masked]a",
		`"vm_password": "", "host_name": "web"`:                                           "web",
		`"vm_password": "  ", "host_name": "web web"`:                                     "web web",
		`"vm_password": null, "host_name": "null"`:                                        "null",
		`"vm_password": true, "host_name": "true"`:                                        "true",
		`"vm_password": {"x": "hunter2!"}, "host_name": "hunter2!"`:                       "hunter2!",
		`"vm_password": "hunter2!", "host_name": null`:                                    "",
		`"vm_password": "hunter2!"`:                                                       "",
		`"VM_PASSWORD": "hunter2!", "host_name": "hunter2!"`:                              "hunter2!",
		`"vm_password": "hunter2!", "host_name": "` + long + `hunter2!yz"`:                long + "[masked]yz…",
		`"vm_password": "` + longest + `", "host_name": "b` + longest + `"`:               "[masked]",
		`"host_name": "web-pw9x"` + strings.Repeat(`, "password": "none"`, 8):             "web-pw9x",
		`"host_name": "web-pw9x"` + strings.Repeat(`, "password": "none"`, 9):             "[masked]",
		`"host_name": ""` + strings.Repeat(`, "password": "none"`, 9):                     "",
		`"host_name": "web"` + strings.Repeat(`, "password": "none"`, 2000):               "[masked]",
		`"password": "one-password", "host_name": "other-password", "os": "one-password"`: "other-password",
	} {
		if cut := strings.TrimSuffix(want, "…"); cut != want { // the name is masked before it is cut
			want = string([]rune(cut)[:fleet.MaxText-1]) + "…"
		}
		in, warnings := decodeOne(t, `{"id": 1, `+row+`}`)
		if in.HostName != want {
			t.Errorf("%.200s: %q, want %q", row, in.HostName, want)
		}
		if warned := slices.Contains(warnings, maskWarning); warned != strings.Contains(want, mask) {
			t.Errorf("%.200s: warnings %q", row, warnings)
		}
		for _, line := range warnings {
			if strings.Contains(line, "hunter2") {
				t.Errorf("%.200s: the warning holds the password: %s", row, line)
			}
		}
	}
}

// TestAddressIsMasked checks that a host name doesn't show the address that a public report leaves out.
func TestAddressIsMasked(t *testing.T) {
	const warning = "row 1: host_name contains the instance's own address (masked)"
	for row, want := range map[string]string{
		`"host_name": "198.51.100.21", "public_ipv4": "198.51.100.21"`:                                 "[masked]",
		`"public_ipv4": " 198.51.100.21", "host_name": "web 198.51.100.21:80"`:                         "web [masked]:80",
		`"public_ipv4": "2001:db8::1", "host_name": "a-2001:db8::1"`:                                   "a-[masked]",
		`"public_ipv4": "198.51.100.21", "host_name": "pw-198.51.100.21", "password": "198.51.100.21"`: "pw-[masked]",
		`"public_ipv4": "198.51.100.21", "host_name": "198.51.100.20"`:                                 "198.51.100.20",
		`"public_ipv4": "web", "host_name": "web"`:                                                     "web",
		`"public_ipv4": "", "host_name": "web"`:                                                        "web",
	} {
		in, warnings := decodeOne(t, `{"id": 1, `+row+`}`)
		if in.HostName != want {
			t.Errorf("%s: %q, want %q", row, in.HostName, want)
		}
		masked := strings.Contains(want, mask) && !strings.Contains(row, "password")
		if slices.Contains(warnings, warning) != masked {
			t.Errorf("%s: warnings %q", row, warnings)
		}
	}
}

// TestPasswordsAreOfTheirRow checks that a password neither affects another row nor stays in the decoder.
func TestPasswordsAreOfTheirRow(t *testing.T) {
	d := newDecoder()
	p, err := d.decodePage(strings.NewReader(reply(3,
		`{"id": 1, "vm_password": "hunter2!", "host_name": "a"}`,
		`{"id": 2, "host_name": "hunter2!"}`,
		`{"id": 3, "host_name": "b-hunter2!", "vm_password": "hunter2!"}`)), 1)
	if err != nil {
		t.Fatal(err)
	}
	if p.rows[0].HostName != "a" || p.rows[1].HostName != "hunter2!" || p.rows[2].HostName != "b-[masked]" {
		t.Errorf("%q, %q, %q", p.rows[0].HostName, p.rows[1].HostName, p.rows[2].HostName)
	}
	// Nor does a truncated row leave anything behind.
	cut := strings.NewReader(`{"data": [{"vm_password": "hunter2!", "host_name": "x-hunter2!"`)
	if _, err := d.decodePage(cut, 1); err == nil {
		t.Error("a cut reply was read")
	}
	h := &d.host
	for _, kept := range [][]byte{h.text[:cap(h.text)], h.buffer[:cap(h.buffer)]} {
		if strings.Contains(string(kept), "hunter2!") {
			t.Errorf("the decoder still holds %q", kept)
		}
	}
	for _, kept := range h.passwords[:cap(h.passwords)] {
		if kept.text != nil {
			t.Errorf("the decoder still holds %q", kept.text)
		}
	}
}
