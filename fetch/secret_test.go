package fetch

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"gpufleet/fetch/fleet"
)

// distinct returns members with n different passwords.
func distinct(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `, "password": "%d-none"`, i)
	}
	return b.String()
}

const maskWarning = "row 1: host_name" + maskedWarning

// TestPasswordInHostName checks that no host name shows the password of its own instance, and that a warning says so
// without quoting the password.
func TestPasswordInHostName(t *testing.T) {
	long := strings.Repeat("x", fleet.MaxText-9)
	unseen, blanks := strings.Repeat(`\u200b`, 999), strings.Repeat(" ", 9999)
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
		`"vm_password": {"x": "hunter2!"}, "host_name": "hunter2!"`:                       "[masked]",
		`"vm_password": "hunter2!", "host_name": null`:                                    "",
		`"vm_password": "hunter2!"`:                                                       "",
		`"VM_PASSWORD": "hunter2!", "host_name": "hunter2!"`:                              "[masked]",
		`"vm_password": "Hunter2!", "host_name": "web-hUNTER2!"`:                          "web-[masked]",
		`"vm_password": "hunter2!", "host_name": "a-hun\u200bter\u00ad2!\u202e-b"`:        "a-[masked]\uFFFD-b",
		`"vm_password": "\u200bhunter2!", "host_name": "a-ｈｕｎｔｅｒ２！-b"`:                    "a-[masked]-b",
		`"vm_password": "Straße99", "host_name": "x-STRASSE99-y"`:                         "x-[masked]-y",
		`"vm_password": "strasse99", "host_name": "x-Straße99-y"`:                         "x-[masked]-y",
		`"vm_password": "\u0130stanbul", "host_name": "x-i\u0307STANBUL"`:                 "x-[masked]",
		`"vm_password": "cafe\u0301s99", "host_name": "x-CAFÉS99"`:                        "x-[masked]",
		`"vm_password": "cafés99", "host_name": "x-cafes99"`:                              "x-cafes99",
		`"vm_password": "ΓΟΣ9", "host_name": "γος9-γόσ9"`:                                 "[masked]-γόσ9",
		`"vm_password": "fish", "host_name": "x-ﬁsh-y"`:                                   "x-[masked]-y",
		`"vm_password": "xfi9", "host_name": "a-xﬁ9-ﬁ-z"`:                                 "a-[masked]-ﬁ-z",
		`"vm_password": "Ⓟⓐⓢⓢ", "host_name": "a-pass-z"`:                                  "a-[masked]-z",
		`"vm_password": "` + unseen + `hunter2!", "host_name": "a-hunter2!"`:              "a-[masked]",
		`"vm_password": "` + blanks + `hunter2!", "host_name": "a-hunter2!"`:              "a-[masked]",
		`"vm_password": "\u200b abc \u200b", "host_name": "abc"`:                          "[masked]",
		`"vm_password": "abc", "host_name": "\u200b \u200babc\u00ad"`:                     "[masked]",
		`"vm_password": "mask", "host_name": "a-mask-z"`:                                  "",
		`"vm_password": "hunter2!", "host_name": "` + long + `hunter2!yz"`:                long + "[masked]yz…",
		`"vm_password": "` + long + long + `", "host_name": "b` + long + long + `"`:       "b[masked]…",
		`"vm_password": "` + long + long + `", "host_name": "` + long + long + `"`:        "[masked]…",
		`"vm_password": "hunter2!", "host_name": "` + long + `xxxxxhunter2!"`:             long + "xxxxx[masked]",
		`"vm_password": "hunter2!", "host_name": "` + long + long + `"`:                   long + long + "…",
		`"host_name": "web-pw9x"` + strings.Repeat(`, "password": "none"`, 2000):          "web-pw9x",
		`"host_name": "web-pw9x"` + distinct(maxSecrets):                                  "web-pw9x",
		`"host_name": "web-pw9x"` + distinct(maxSecrets+1):                                "",
		`"host_name": ""` + distinct(maxSecrets+1):                                        "",
		`"password": "one-password", "host_name": "other-password", "os": "one-password"`: "other-password",
	} {
		if len(want) > fleet.MaxText {
			want, _ = fleet.CleanText([]byte(want), false)
		}
		in, warnings := decodeOne(t, `{"id": 1, `+row+`}`)
		if in.HostName != want {
			t.Errorf("%.200s: %q, want %q", row, in.HostName, want)
		}
		if warned := slices.Contains(warnings, maskWarning); warned != strings.Contains(want, "[m") {
			t.Errorf("%.200s: warnings %q", row, warnings)
		}
		for _, line := range warnings {
			if strings.Contains(line, "hunter2") {
				t.Errorf("%.200s: the warning holds the password: %s", row, line)
			}
		}
	}
}

// TestPasswordsAreOfTheirRow checks that a password neither affects another row nor stays in the decoder.
func TestPasswordsAreOfTheirRow(t *testing.T) {
	d := newDecoder("")
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
	for _, kept := range [][]byte{d.secrets.buffer[:cap(d.secrets.buffer)], d.secrets.scratch[:cap(d.secrets.scratch)]} {
		if strings.Contains(string(kept), "hunter2!") {
			t.Errorf("the decoder still holds %q", kept)
		}
	}
	for _, kept := range d.secrets.folded[:cap(d.secrets.folded)] {
		if kept != nil {
			t.Errorf("the decoder still holds %q", kept)
		}
	}
}

// TestSecretMembers checks which members of a row are secrets: by their names, values and depth.
func TestSecretMembers(t *testing.T) {
	t.Parallel()
	isSecret := map[string]bool{
		`"vm_password": "hunter2!"`:                            true,
		`"VMPassword": "hunter2!"`:                             true,
		`"root-pass-wd": "hunter2!"`:                           true,
		`"pass_phrase": "hunter2!"`:                            true,
		`"ｐassword": "hunter2!"`:                               true,
		`"client_secret": "hunter2!"`:                          true,
		`"accessTokens": "hunter2!"`:                           true,
		`"private_key": "hunter2!"`:                            true,
		`"api-key": "hunter2!"`:                                true,
		`"ssh_keys": ["x", ["hunter2!"]]`:                      true,
		`"SSH_KEY": {"a": {"id": ["hunter2!"]}}`:               true,
		`"password": 87654321`:                                 true,
		`"password": true`:                                     false,
		`"password": null`:                                     false,
		`"password": [87654321]`:                               false,
		`"password": {"number": 87654321}`:                     false,
		`"password": {"token": 87654321}`:                      true,
		`"secret_id": "hunter2!"`:                              false,
		`"SecretName": "hunter2!"`:                             false,
		`"token_type": "hunter2!"`:                             false,
		`"token_count": "hunter2!"`:                            false,
		`"password_set": "hunter2!"`:                           false,
		`"password_updated_at": "hunter2!"`:                    false,
		`"` + strings.Repeat("x", 150) + `_token": "hunter2!"`: true,
		`"` + strings.Repeat("-", 99) + `": "hunter2!"`:        false,
		`"key": "hunter2!"`:                                    false,
		`"pass": "hunter2!"`:                                   false,
		`"user_name": "hunter2!"`:                              false,
		`"user": {"password": "hunter2!"}`:                     true,
		`"a_id": {"b": {"c": {"password": "hunter2!"}}}`:       true,
		`"a": {"b": {"c": {"d": {"token": "hunter2!"}}}}`:      false,
		`"a": {"b": {"token": {"d": {"e": "hunter2!"}}}}`:      true,
		`"a": [[[[[{"token": "hunter2!"}]]]]]`:                 true,
		`"gpu": {"b": [{"token": "hunter2!"}]}`:                true,
		`"price_per_hour": [{"token": "hunter2!"}]`:            true,
		`"id": {"token": "hunter2!"}`:                          true,
	}
	for member, want := range isSecret {
		const name = `"host_name": "hunter2!87654321"`
		for _, row := range []string{name + ", " + member, member + ", " + name} {
			in, _ := decodeOne(t, "{"+row+"}")
			if got := strings.Contains(in.HostName, fleet.Mask); got != want {
				t.Errorf("%s: the name is %q", row, in.HostName)
			}
		}
	}
}

// TestSecretsInEveryText checks when a text with a secret becomes unknown. Documented statuses and types never do, and
// neither do figures change.
func TestSecretsInEveryText(t *testing.T) {
	t.Parallel()
	for _, f := range fleet.Fields {
		if f.Text == nil || !f.InReplies() || f.Kind == fleet.HostName {
			continue
		}
		for text, want := range map[string]bool{ // with the password Hunter2!, or short
			"x hunter2! y": true, "HUNTER2!": true, "short": true, "Ｓhort": true, "a short text": false, "hunter2": false,
			"": false,
		} {
			row := fmt.Sprintf(`{"id": 1, %q: %q, "vm_password": "Hunter2!", "token": "short"}`, f.Name, text)
			in, warnings := decodeOne(t, row)
			got, shown := *f.Text(in), text
			if want {
				shown = ""
			}
			if got != shown || slices.Contains(warnings, "row 1: "+f.Name+hiddenWarning) != want {
				t.Errorf("%s: %q, warnings %q", row, got, warnings)
			}
		}
	}
	for _, f := range fleet.Fields {
		for _, word := range []string{"Running", "provisioning", "CPU", "virtual machine"} {
			row := fmt.Sprintf(`{"id": 1, %q: %q, "vm_password": %q}`, f.Name, word, strings.ToUpper(word))
			if !f.IsDocumented(word) {
				continue
			}
			if in, warnings := decodeOne(t, row); *f.Text(in) != word || len(warnings) > 0 {
				t.Errorf("%s: %q, warnings %q", row, *f.Text(in), warnings)
			}
		}
	}
}

// TestPricesOfHiddenTexts checks that prices and the matching of rows use the texts as they came.
func TestPricesOfHiddenTexts(t *testing.T) {
	t.Parallel()
	row := `{"id": "id-hunter2!-%d", "region": "A hunter2!", "gpu": "H100 hunter2!", "product_type": "T hunter2!", ` +
		`"gpu_count": 2, "status": "hunter2! x", "vm_password": "hunter2!"}`
	price := func(apply func(*fleet.Fleet)) *fleet.Fleet {
		list := newCollected()
		first, second := fmt.Sprintf(row, 1), fmt.Sprintf(row, 2)
		for _, rows := range [][]string{{first, second}, {second, `{"gpu_count": 0}`}} {
			if err := addReply(list, newDecoder(""), strings.NewReader(reply(3, rows...)), "test"); err != nil {
				t.Fatal(err)
			}
		}
		read, err := list.fleet()
		if err != nil || len(read.Instances) != 3 {
			t.Fatalf("%v, %v", read, err)
		}
		apply(read)
		return read
	}
	file, err := parsePriceFile([]byte("region,gpu,gpu_count,product_type,price_per_hour\n" +
		"A hunter2!,H100 hunter2!,2,T hunter2!,1.5\n"))
	if err != nil {
		t.Fatal(err)
	}
	products, err := decodeProducts(strings.NewReader(`{"status": "success", "data": {"A hunter2!": {"x": [{"gpu": ` +
		`"H100 hunter2!", "gpu_count": 1, "price_per_hour": 0.75, "password": "hunter2!"}]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for name, apply := range map[string]func(*fleet.Fleet){"file": file.Apply, "products": products.Apply} {
		for _, in := range price(apply).Instances[:2] {
			if in.Price.Value.String() != "1.5" || in.ID+in.Region+in.GPU+in.ProductType+in.Status != "" ||
				in.RegionName() != fleet.UnknownRegion || in.Model() != fleet.UnknownGPU {
				t.Errorf("%s: %+v", name, in)
			}
		}
	}
	for row, want := range map[string]string{
		`"gpu": "hunter2!", "gpu_type": "H100"`:         fleet.UnknownGPU,
		`"gpu_type": "hunter2!"`:                        fleet.UnknownGPU,
		`"gpu": "hunter2!", "product_type": "CPU"`:      fleet.UnknownGPU,
		`"gpu_type": "hunter2!", "product_type": "CPU"`: fleet.UnknownGPU,
		`"gpu": "hunter2!", "gpu_count": 0`:             fleet.CPUOnly,
		`"os": "hunter2!", "product_type": "CPU"`:       fleet.CPUOnly,
		`"os": "hunter2!", "gpu_type": "H100"`:          "H100",
	} {
		if in, _ := decodeOne(t, `{"token": "Hunter2!", `+row+"}"); in.Model() != want || in.OS != "" {
			t.Errorf("%s: %q, %+v", row, in.Model(), in)
		}
	}
}
