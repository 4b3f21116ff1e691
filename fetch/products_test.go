package fetch

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gpufleet/fetch/fleet"
)

// product returns a product in the region CANADA as the API sends it; price is a JSON value.
func product(gpu string, gpus int, productType, price string) string {
	return fmt.Sprintf(`{"region": "CANADA", "gpu": %q, "gpu_count": %d, "product_type": %q, "price_per_hour": %s}`,
		gpu, gpus, productType, price)
}

func productReply(products ...string) string {
	return `{"data": {"CANADA": {"H100": [` + strings.Join(products, ",") + `]}}, "status": "success"}`
}

func mustProducts(t *testing.T, products ...string) *Products {
	t.Helper()
	p, err := decodeProducts(strings.NewReader(productReply(products...)))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestProductsMatch(t *testing.T) {
	const vm = "Virtual Machine"
	for _, test := range []struct {
		name     string
		products []string
		want     string
		in       *fleet.Instance
		warnings int
	}{
		{"same count", []string{product("H100", 1, vm, "2.627"), product("H100", 8, vm, "20")}, "20 products",
			machine("CANADA", "H100", 8, vm), 0},
		{"price as a string", []string{product("H100", 8, vm, `"20.50"`)}, "20.5 products",
			machine("CANADA", "H100", 8, vm), 0},
		{"free", []string{product("H100", 8, vm, "0")}, "0 products", machine("CANADA", "H100", 8, vm), 0},
		{"scaled up", []string{product("H100", 1, vm, "2.627")}, "21.016 products, scaled",
			machine("CANADA", "H100", 8, vm), 0},
		{"scaled down", []string{product("H100", 8, vm, "20")}, "2.5 products, scaled", machine("CANADA", "H100", 1, vm), 0},
		{"the next lower count",
			[]string{product("H100", 8, vm, "16"), product("H100", 1, vm, "3"), product("H100", 2, vm, "5")},
			"10 products, scaled", machine("CANADA", "H100", 4, vm), 0},
		{"else the lowest", []string{product("H100", 8, vm, "16"), product("H100", 4, vm, "9")}, "4.5 products, scaled",
			machine("CANADA", "H100", 2, vm), 0},
		{"rounded", []string{product("H100", 3, vm, "2")}, "0.666666666667 products, scaled",
			machine("CANADA", "H100", 1, vm), 0},
		{"not rounded", []string{product("H100", 1, vm, "0.00000000000000000001")},
			"0.00000000000000000003 products, scaled", machine("CANADA", "H100", 3, vm), 0},
		{"another region", []string{product("H100", 8, vm, "20")}, "unknown", machine("NORWAY", "H100", 8, vm), 0},
		{"another model", []string{product("H100", 8, vm, "20")}, "unknown", machine("CANADA", "H200", 8, vm), 0},
		{"case", []string{product("H100", 8, vm, "20")}, "unknown", machine("Canada", "H100", 8, vm), 0},
		{"count unknown", []string{product("H100", 8, vm, "20")}, "unknown", machine("CANADA", "H100", -1, vm), 0},
		{"no GPUs", []string{product("H100", 0, vm, "20"), product("H100", 1, vm, "2")}, "unknown",
			machine("CANADA", "H100", 0, vm), 0},
		{"no region, no model", []string{product("", 1, vm, "2")}, "unknown", machine("", "", 1, vm), 1},
		{"of its type", []string{product("H100", 8, vm, "20"), product("H100", 8, "Baremetal", "25")}, "25 products",
			machine("CANADA", "H100", 8, "Baremetal"), 0},
		{"of another type", []string{product("H100", 8, vm, "20")}, "20 products",
			machine("CANADA", "H100", 8, "Baremetal"), 0},
		{"same count before same type", []string{product("H100", 8, vm, "20"), product("H100", 4, "Baremetal", "25")},
			"20 products", machine("CANADA", "H100", 8, "Baremetal"), 0},
		{"of two other types", []string{product("H100", 8, vm, "21"), product("H100", 8, "Baremetal", "20")}, "20 products",
			machine("CANADA", "H100", 8, "GPU"), 1},
		{"two prices", []string{product("H100", 8, vm, "21"), product("H100", 8, vm, "20"), product("H100", 8, vm, "22")},
			"20 products", machine("CANADA", "H100", 8, vm), 1},
		{"twice the same", []string{product("H100", 8, vm, "20"), product("H100", 8, vm, `"20.0"`)}, "20 products",
			machine("CANADA", "H100", 8, vm), 0},
		{"two prices, scaled", []string{product("H100", 4, vm, "21"), product("H100", 4, vm, "20")}, "40 products, scaled",
			machine("CANADA", "H100", 8, vm), 1},
		{"no price that can be read", []string{
			product("H100", 8, vm, `"CANARY"`), product("H100", 8, vm, "-1"), product("H100", 8, vm, "null"),
			product("H100", 8, vm, "{}"),
		}, "unknown", machine("CANADA", "H100", 8, vm), 1},
		{"out of stock", []string{`{"region": "CANADA", "gpu": "H100", "gpu_count": 8, "price_per_hour": 20, ` +
			`"stock": 0, "is_available": false}`}, "20 products", machine("CANADA", "H100", 8, vm), 0},
		{"model in gpu_type", []string{`{"region": "CANADA", "gpu_type": "H100", "gpu_count": 8, "price_per_hour": 20}`},
			"20 products", machine("CANADA", "H100", 8, vm), 0},
		{"region above", []string{`{"gpu": "H100", "gpu_count": 8, "price_per_hour": 20}`}, "20 products",
			machine("CANADA", "H100", 8, vm), 0},
	} {
		list := &fleet.Fleet{Instances: []*fleet.Instance{test.in}}
		mustProducts(t, test.products...).Apply(list)
		if got := priceText(test.in); got != test.want || len(list.Warnings.Lines()) != test.warnings {
			t.Errorf("%s: %s, want %s; warnings %q", test.name, got, test.want, list.Warnings.Lines())
		}
		said := strings.Join(list.Warnings.Lines(), " ")
		if strings.Contains(said, "CANARY") || strings.Contains(said, "H100") {
			t.Errorf("%s: a warning holds a value: %s", test.name, said)
		}
	}
}

// TestSpotOffers has a cheap product, alone and beside a dearer one of any number of GPUs. If it is a spot offer, it
// prices no instance: none is known to be one.
func TestSpotOffers(t *testing.T) {
	for member, isSpot := range map[string]bool{
		``: false, `"is_spot": false, `: false, `"is_spot": null, `: false, `"is_spot": "", `: false,
		`"is_spot": "false", `: false, `"is_spot": 0, `: false,
		`"is_spot": true, `: true, `"is_spot": "True", `: true, `"is_spot": " 1 ", `: true, `"is_spot": 1, `: true,
		`"is_spot": false, "is_spot": true, `: true, `"is_spot": true, "is_spot": false, `: true,
		`"is_spot": "perhaps", `: true, `"is_spot": {}, `: true, `"is_spot": [false], `: true, `"is_spot": 2, `: true,
	} {
		offer := func(gpus int) string { return strings.Replace(product("H100", gpus, "VM", "1"), "{", "{"+member, 1) }
		for name, test := range map[string]struct {
			products    []string
			spot, other string // prices of an instance with 2 GPUs
		}{
			"alone":                 {[]string{offer(2)}, "unknown", "1 products"},
			"alone, scaled":         {[]string{offer(1)}, "unknown", "2 products, scaled"},
			"beside the same count": {[]string{offer(2), product("H100", 2, "VM", "1")}, "1 products", "1 products"},
			"beside another count":  {[]string{offer(2), product("H100", 1, "VM", "5")}, "10 products, scaled", "1 products"},
		} {
			in := machine("CANADA", "H100", 2, "VM")
			list := &fleet.Fleet{Instances: []*fleet.Instance{in}}
			mustProducts(t, test.products...).Apply(list)
			want := test.other
			if isSpot {
				want = test.spot
			}
			if got := priceText(in); got != want || len(list.Warnings.Lines()) > 0 {
				t.Errorf("%s, %s: %s, want %s; warnings %q", member, name, got, want, list.Warnings.Lines())
			}
		}
	}
}

// TestProductsComeLast checks that products don't replace prices of the list or of a price file.
func TestProductsComeLast(t *testing.T) {
	priced := machine("CANADA", "H100", 1, "")
	byFile := machine("CANADA", "RTX", 1, "")
	bare := machine("CANADA", "L40S", 1, "")
	priced.Price, priced.PriceSource = fleet.Known(fleet.Money{}), fleet.ListPrice // a price of 0 is a price
	list := &fleet.Fleet{Instances: []*fleet.Instance{priced, byFile, bare}}
	parsePrices(t, ",RTX,,,0.5\n").Apply(list)
	mustProducts(t, product("H100", 1, "", "9"), product("RTX", 1, "", "9"), product("L40S", 1, "", "9")).Apply(list)
	var got []string
	for _, in := range list.Instances {
		got = append(got, priceText(in))
	}
	if diff := cmp.Diff([]string{"0 list", "0.5 file", "9 products"}, got); diff != "" {
		t.Error(diff)
	}
}

// TestScaledPricesKeepSums checks that sums of scaled prices are exact.
func TestScaledPricesKeepSums(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 100 {
		perGPU, of := 1+random.IntN(9999), 1<<random.IntN(4) // thousandths
		p := mustProducts(t, product("H100", of, "", fmt.Sprintf("%de-3", perGPU*of)))
		sum, thousandths := fleet.Money{}, 0
		list := &fleet.Fleet{}
		for range 20 {
			gpus := 1 + random.IntN(9)
			thousandths += gpus * perGPU
			list.Instances = append(list.Instances, machine("CANADA", "H100", float64(gpus), ""))
		}
		p.Apply(list)
		for _, in := range list.Instances {
			sum = sum.Add(in.Price.Value)
		}
		if sum.Cmp(mustMoney(fmt.Sprintf("%de-3", thousandths))) != 0 {
			t.Fatalf("sum %s of %d thousandths a GPU", sum, perGPU)
		}
	}
}

func TestProductsRequest(t *testing.T) {
	sample, err := os.ReadFile("testdata/products.json")
	if err != nil {
		t.Fatal(err)
	}
	a := newAPI(t, func(w http.ResponseWriter, r *http.Request) { w.Write(sample) })
	c, _ := a.client()
	p, err := c.Products(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	in := machine("CANADA", "RTX-A6000", 1, "Virtual Machine")
	p.Apply(&fleet.Fleet{Instances: []*fleet.Instance{in}})
	r := a.requests[0]
	got := []string{r.Method, r.URL.String(), r.Header.Get("Authorization"), fmt.Sprint(len(a.requests)), priceText(in)}
	want := []string{"GET", "/api/v1/computing/products", "Bearer the-token", "1", "0.697 products"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestProductsRefused(t *testing.T) {
	const canary = `{"gpu": "CANARY", "price_per_hour": "CANARY", "vm_password": "CANARY"}`
	for name, test := range map[string]struct {
		code       int
		body, want string
	}{
		"not JSON": {200, `{CANARY`, "not JSON"},
		"a page":   {200, "<html>CANARY", "a web page came back"},
		"empty":    {200, "", "closed before"},
		"cut":      {200, `{"data": {"CANARY": {"H100": [`, "closed before"},
		"trailing": {200, productReply() + "CANARY", "unexpected text"},
		"failed":   {200, `{"data": {}, "status": "failed", "message": "CANARY"}`, "reports a failure"},
		"expired": {200, `{"data": null, "status": "failed", "message": "token expired CANARY"}`,
			"reports a problem with the token"},
		"data null":     {200, `{"data": null, "status": "success"}`, "data is null, not an object"},
		"no data":       {200, `{"status": "success"}`, "it has no data"},
		"no status":     {200, `{"data": {}}`, "it has no status"},
		"data an array": {200, `{"data": [` + canary + `], "status": "success"}`, "data is an array, not an object"},
		"region an array": {200, `{"data": {"CANARY": [` + canary + `]}, "status": "success"}`,
			"a region in data is an array, not an object"},
		"type an object": {200, `{"data": {"CANARY": {"CANARY": ` + canary + `}}, "status": "success"}`,
			"a GPU type in data is an object, not an array"},
		"product a string": {200, productReply(`"CANARY"`), "a product is a string, not an object"},
		"not found":        {404, "CANARY", "nothing at this address (404 from GET"},
		"refused":          {401, "CANARY", "401"},
		"forbidden":        {403, "CANARY", "403"},
		"redirect":         {302, "CANARY", "redirect"},
		"in trouble":       {500, "CANARY", "tried 4 times"},
	} {
		a := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(test.code)
			io.WriteString(w, test.body)
		})
		c, _ := a.client()
		p, err := c.Products(context.Background())
		wantError(t, err, BadAPI, test.want)
		if p != nil || strings.Contains(fmt.Sprint(err), "CANARY") {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
}

// TestProductsTakeTheRestOfTheTime checks that the instance list and the product list share one time limit.
func TestProductsTakeTheRestOfTheTime(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/products") {
			<-r.Context().Done()
			return
		}
		io.WriteString(w, reply(0))
	})
	c, _ := a.client()
	c.Timeout = 500 * time.Millisecond
	if _, err := c.Instances(context.Background()); err != nil {
		t.Fatal(err)
	}
	until := c.deadline
	_, err := c.Products(context.Background())
	wantError(t, err, BadAPI, "within 500ms")
	if c.deadline != until {
		t.Errorf("the products were given time of their own, %v", c.deadline.Sub(until))
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(io.ErrClosedPipe)
	if _, err := c.Products(ctx); err != io.ErrClosedPipe {
		t.Errorf("interrupted: %v", err)
	}
}

// TestHugeProductList reads long replies in little memory: endless names, and far more products than anyone has.
func TestHugeProductList(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	for name, body := range map[string]io.Reader{
		"long names": io.MultiReader(
			strings.NewReader(`{"data": {"`), endless(long, 10),
			strings.NewReader(`": {"`), endless(long, 10),
			strings.NewReader(`": [{"gpu": "`), endless(long, 10),
			strings.NewReader(`", "price_per_hour": 1`), endless("1", 1<<18),
			strings.NewReader(`}]}}, "status": "success"}`),
		),
		"many products": io.MultiReader(
			strings.NewReader(`{"data": {"A": {"B": [{}`),
			endless(`,{"gpu": "H100", "gpu_count": 1, "price_per_hour": 1}`, 1<<20),
			strings.NewReader(`]}}, "status": "success"}`),
		),
		"blanks": io.MultiReader(endless(strings.Repeat(" ", 1<<20), 20), strings.NewReader(productReply())),
	} {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		p, err := decodeProducts(body)
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 48<<20 {
			t.Errorf("%s: %d MiB", name, used>>20)
		}
		if name == "many products" {
			wantError(t, err, BadAPI, "more than 100000 products")
		} else if err != nil || len(p.prices) > 0 {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
}

// endless returns a text repeated n times, without keeping it in memory.
func endless(text string, times int) io.Reader {
	return &repeating{text: text, left: times}
}

type repeating struct {
	text string
	at   int
	left int
}

func (r *repeating) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.text[r.at:])
	if r.at += n; r.at == len(r.text) {
		r.at, r.left = 0, r.left-1
	}
	return n, nil
}
