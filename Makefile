# make demo renders the sample fleet, make test runs all tests.

TEMPL       = github.com/a-h/templ/cmd/templ@$(shell go list -m -f '{{.Version}}' github.com/a-h/templ)
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
ACTIONLINT  = github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
GORELEASER  = github.com/goreleaser/goreleaser/v2@v2.16.0
SYFT        = github.com/anchore/syft/cmd/syft@v1.57.1

SIZES       = 50|1000|10000|100000|1000000

# Packages are compiled once for the tests and for the program that the tests build, whatever folder the project is in.
GOFLAGS    += -trimpath
export GOFLAGS

# Compilers and tests need little memory, so garbage is collected less often: this takes a third of the time of tests
# that run the program. Programs that tests start as processes have an environment of their own.
test quick race lint: export GOGC = 400

# COVERAGE=FILE writes a coverage profile.
comma       = ,
COVER       = $(if $(COVERAGE),-coverprofile=$(COVERAGE) -coverpkg=./fetch/...$(comma)./render/...)

# The time of the examples in the guide to the archive. It fixes the sample.
ARCHIVE_TIME = 1795003200

# Tests that need a browser, Node.js or LibreOffice.
PROGRAMS    = Browser|InFirefox|Lighthouse|HTMLValidate|OfficeOpenXML|Recalculated|LibreOffice|DuckDB

# Tests whose work is done in other processes, where the race detector sees nothing: these, and those that run a shell
# or a built gpufleet.
OUTSIDE     = $(PROGRAMS)|Readme|Recipe|Schedules|Action$$|Kill

.PHONY: build demo archive-demo test quick race bench cover lint generate update-golden update-guide picture \
	screenshots setup release-check release syft

build: ## build the program, as ./gpufleet
	go build -trimpath -o gpufleet .

demo: ## render the built-in sample fleet into out/
	go run . --demo --out out
	@echo "open out/index.html in a browser"

archive-demo: ## write 60 days of the sample into out/archive/, for the SQL in the guide, and their report
	SOURCE_DATE_EPOCH=$(ARCHIVE_TIME) go run . --demo --archive out/archive --out out/archive-report

setup: ## install what the tests need besides Go
	@.ci/setup

test: setup ## run all tests; Lighthouse runs alone, because it measures speed
	go test -timeout 30m -skip '^TestLighthouse$$' $(COVER) ./...
	go test -timeout 30m -run '^TestLighthouse$$' ./render

# Many tests wait for a server or another process, so more of them run at the same time than there are processors.
# make lint runs vet.
quick: ## run the tests that need no browser, Node.js or LibreOffice, with fewer repetitions
	go test -short -vet=off -p 4 -parallel 6 -skip '$(PROGRAMS)' ./...

race: ## run the race detector in the packages that start goroutines; they run all other code
	go test -race -timeout 15m -skip '$(OUTSIDE)' . ./fetch/... ./render ./render/archive ./render/report ./render/folder ./render/console

bench: ## measure the whole program, then each stage; SIZES=10000 for one size
	go test -run '^$$' -bench 'Run/^($(SIZES))$$' -benchtime 3x -timeout 2h ./render/e2e
	go test -run '^$$' -bench . $$(go list ./fetch/... ./render/... | grep -v /e2e$$)

cover: ## run all tests; fail if they cover less than 90 % of fetch or render
	@mkdir -p .cache
	$(MAKE) test COVERAGE=.cache/cover.out
	@.ci/covered .cache/cover.out 90

lint: ## check formatting, vet, staticcheck, generated code, workflows and imports
	@.ci/lint $(TEMPL) $(STATICCHECK) $(ACTIONLINT)

generate: ## generate the Go code of the templates
	go run $(TEMPL) generate

update-golden: ## replace the golden files in testdata by the current output
	go test ./render/e2e -run Golden -update

update-guide: setup ## replace the outputs of the SQL in the guide to the archive
	go test ./render/e2e -run ArchiveGuide -update

picture: ## take the README's picture of the sample again
	go run . --demo --quiet --out .cache/picture
	chromium --headless --no-sandbox --hide-scrollbars --window-size=1280,1180 \
		--screenshot=.github/overview.png file://$(CURDIR)/.cache/picture/index.html

screenshots: setup ## take pictures of each kind of page of the sample, at four widths, light and dark
	go run . --demo --quiet --out .cache/sample
	node .ci/web/screenshots.mjs .cache/sample .cache/screenshots

release-check: ## build a release of this commit without publishing it: static binaries for six platforms, and checksums
	go run $(GORELEASER) check
	go run $(GORELEASER) release --snapshot --clean --skip=sbom

syft: ## install what lists the parts of a release
	GOBIN=$(CURDIR)/.cache/bin go install $(SYFT)

release: ## publish this tag as a draft of a release; the workflow release runs it
	PATH="$(CURDIR)/.cache/bin:$$PATH" go run $(GORELEASER) release --clean
