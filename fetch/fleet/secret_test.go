package fleet

import "testing"

func TestDifferByMask(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"ml-Summer2026", "ml-[masked]", true},
		{"[masked]-x", "pass-x", true},
		{"[masked]", "anything", true},
		{"a-[masked]-b-[masked]", "a-1-b-2", true},
		{"vm-[address]-[masked]", "vm-10.0.0.1-pass", true},
		{"ml-[masked]", "ml2-Summer2026", false},
		{"[masked]-x", "pass-y", false},
		{"a-[masked]-b-[masked]", "a-1-2", false},
		{"a[masked]a", "a", false},
		{"web", "web-1", false},
		{"", "web", false},
	} {
		if DifferByMask(test.a, test.b) != test.want || DifferByMask(test.b, test.a) != test.want {
			t.Errorf("%q and %q", test.a, test.b)
		}
	}
}

// TestSecretHash hides secrets in a row of an earlier list.
func TestSecretHash(t *testing.T) {
	t.Parallel()
	hash := func(texts ...string) (all *SecretHash) {
		for _, text := range texts {
			one := NewSecretHash(Key{ID: "7"}, Fold(text).Text)
			one.Next = all
			all = &one
		}
		return all
	}
	secrets := hash("Hunter2!", "abcd", "xy", "Running")
	row := func() *Instance {
		return &Instance{ID: "hunter2!", HostName: "a-HUNTER２!-abcd-b-xy", Region: "R hunter2!", GPU: "hunter2!",
			GPUGroup: "hunter2!", Status: "Running", OS: "abcd 22", ProductType: "xy"}
	}
	in := row()
	if secrets.HideIn(in); !secrets.Shown || !secrets.Next.Shown {
		t.Error("the secrets are not marked as shown")
	}
	want := Instance{HostName: "a-[masked]-[masked]-b-xy", GPUGroup: UnknownGPU, Status: "Running",
		OS: "abcd 22"}
	if *in != want {
		t.Errorf("%+v", *in)
	}
	if secrets.In(in) {
		t.Error("a secret is still shown")
	}
	before := row()
	others := hash("other-secret")
	if others.HideIn(before); *before != *row() || others.Shown {
		t.Errorf("%+v", *before)
	}
	(*SecretHash)(nil).HideIn(before)
	if *before != *row() {
		t.Errorf("%+v", *before)
	}
}

// TestSecretsByKey finds secrets by the id that came and by the one that is shown.
func TestSecretsByKey(t *testing.T) {
	t.Parallel()
	came, none := NewSecretHash(Key{ID: "came"}, []byte("hunter2!")), NewSecretHash(Key{}, []byte("other-secret"))
	byKey := SecretsByKey([]*Instance{{ID: "shown", Secrets: &came}, {Secrets: &none}, {ID: "b"}})
	for key, want := range map[Key]*SecretHash{
		{ID: "came"}: &came, {ID: "shown"}: &came, {}: nil, {ID: "b"}: nil, {ID: "c"}: nil, {"ml", "came"}: nil,
	} {
		if got := byKey(key); got != want {
			t.Errorf("%q: %p, want %p", key, got, want)
		}
	}
}

// TestSecretsInNames finds secrets in the names of groups, once a text had one.
func TestSecretsInNames(t *testing.T) {
	t.Parallel()
	var list []*Instance
	for _, text := range []string{"Hunter2!", "short", "unknown gpu", "not shown", "größe-größe"} {
		one := NewSecretHash(Key{}, Fold(text).Text)
		one.Shown = text != "not shown"
		list = append(list, &Instance{Secrets: &one})
	}
	shows := SecretsInNames(append(list, &Instance{}))
	for name, want := range map[string]bool{
		"a HUNTER２!": true, "Short": true, "x short": false, UnknownGPU: false, "a not shown": false,
		"xGRÖSSE-GRÖSSEx": true, "": false,
	} {
		if got := shows(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}
