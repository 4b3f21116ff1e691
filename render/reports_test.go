package render

import "gpufleet/render/report/reporttest"

// The reports and fleets that tests of several packages share.
var (
	reportOf     = reporttest.Of
	laterReport  = reporttest.Later
	wildFleet    = reporttest.Wild
	largeFleet   = reporttest.Large
	sampleFleet  = reporttest.Sample
	hostile      = reporttest.Hostile
	wildNames    = reporttest.WildNames
	wildStatuses = reporttest.WildStatuses
)
