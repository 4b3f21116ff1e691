# gpufleet: make demo shows it, make test proves it.

TEMPL       = github.com/a-h/templ/cmd/templ@$(shell go list -m -f '{{.Version}}' github.com/a-h/templ)
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
ACTIONLINT  = github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
GORELEASER  = github.com/goreleaser/goreleaser/v2@v2.16.0

SIZES       = 50|1000|10000|100000|1000000

# COVERAGE=FILE has the tests write there what they run.
COVER       = $(if $(COVERAGE),-coverprofile=$(COVERAGE) -coverpkg=./fetch/...,./render/...)

# Tests whose work is done by a browser, node or LibreOffice.
PROGRAMS    = Browser|Lighthouse|HTMLValidate|Recalculated|LibreOffice

# These, and tests whose work is done by a shell or a built gpufleet: the race detector sees nothing of it.
ELSEWHERE   = $(PROGRAMS)|Readme|Recipe|Schedules|Action$$|Kill

.PHONY: build demo test quick race bench cover lint generate update-golden setup release-check

build: ## the program, as ./gpufleet
	go build -trimpath -o gpufleet .

demo: ## the built-in sample fleet, rendered into out/
	go run . --demo --out out
	@echo "open out/index.html in a browser"

setup: ## what the tests need besides Go
	@.ci/setup

test: setup ## all tests; the one that measures a page's speed runs alone
	go test -timeout 30m -skip '^TestLighthouse$$' $(COVER) ./...
	go test -timeout 30m -run '^TestLighthouse$$' ./render

quick: ## the tests that need no browser, node or LibreOffice: about a minute
	go test -skip '$(PROGRAMS)' ./...

race: ## the race detector over the tests whose work is done in their own process
	go test -race -timeout 15m -skip '$(ELSEWHERE)' $$(go list ./... | grep -v /e2e$$)

bench: ## how long the whole program takes, then each of its stages; SIZES=10000 for one size
	go test -run '^$$' -bench 'Run/^($(SIZES))$$' -benchtime 3x -timeout 2h ./render/e2e
	go test -run '^$$' -bench . $$(go list ./fetch/... ./render/... | grep -v /e2e$$)

cover: ## all tests, and how much of fetch and render they run; it fails below 90 %
	@mkdir -p .cache
	$(MAKE) test COVERAGE=.cache/cover.out
	@.ci/covered .cache/cover.out 90

lint: ## form, vet, staticcheck, generated code, workflows, import directions
	@.ci/lint $(TEMPL) $(STATICCHECK) $(ACTIONLINT)

generate: ## the Go code of the templates
	go run $(TEMPL) generate

update-golden: ## the expected outputs in testdata, from what the program writes now
	go test ./render/e2e -run Golden -update

release-check: ## a release of this commit, tried and not published: static binaries for six platforms, and checksums
	go run $(GORELEASER) check
	go run $(GORELEASER) release --snapshot --clean
