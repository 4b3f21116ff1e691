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
			one := NewSecretHash(Fold(text).Text)
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
	want := Instance{ID: "hunter2!", HostName: "a-[masked]-[masked]-b-xy", GPUGroup: UnknownGPU, Status: "Running",
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
