package report

import (
	"strings"

	"gpufleet/fetch/fleet"
)

// StatusCount is how many instances have a status. The name is as it came, "" where there is none.
type StatusCount struct {
	Name      string
	Instances int
	GPUs      Sum
	Cost      Cost // of all of them, whether they are listed or not
}

// Running reports whether what has the status runs.
func (s StatusCount) Running() bool { return (&fleet.Instance{Status: s.Name}).Running() }

// Listed reports whether what has the status is listed.
func (s StatusCount) Listed() bool { return (&fleet.Instance{Status: s.Name}).Listed() }

// Label returns the status's name for people.
func (s StatusCount) Label() string {
	if s.Name == "" {
		return Unknown
	}
	return s.Name
}

// StatusTone returns the name of the mark that pages show a status with: up, busy, idle, bad or gone. The list of
// statuses is open: one that is not known here is "other".
func StatusTone(status string) string {
	switch strings.ToLower(status) {
	case "running":
		return "up"
	case "deploying", "provisioning", "deleting":
		return "busy"
	case "stopped", "booked":
		return "idle"
	case "error":
		return "bad"
	case "deleted", "canceled", "completed":
		return "gone"
	}
	return "other"
}

// statusCounts counts by status. The list of statuses is open, and may be long.
type statusCounts map[string]*statusCount

type statusCount struct {
	StatusCount
	running, listed bool
}

// of returns the count of a status, a new one for a new name.
func (c statusCounts) of(name string) *statusCount {
	count := c[name]
	if count == nil {
		count = &statusCount{StatusCount: StatusCount{Name: name}}
		count.running, count.listed = count.Running(), count.Listed()
		c[name] = count
	}
	return count
}

// StatusGroup is a status, or several rare ones: then its StatusCount has no name.
type StatusGroup struct {
	Label               string
	IsRunning, IsListed bool
	StatusCount
}

// StatusGroups returns the statuses, the most frequent first, and the place of each status among them by its name.
// The rarest of more than limit statuses are merged into up to three groups: running, listed but not running, and not
// listed.
func (r *Report) StatusGroups(limit int) (groups []StatusGroup, places map[string]int) {
	type kind struct{ running, listed bool }
	labels := map[kind]string{
		{true, true}:   "Other statuses, running",
		{false, true}:  "Other statuses, listed",
		{false, false}: "Other statuses, not listed",
	}
	places = make(map[string]int, len(r.Statuses))
	rest := map[kind]int{} // the places of the merged ones
	for i, s := range r.Statuses {
		if i < limit {
			places[s.Name] = i
			groups = append(groups, StatusGroup{s.Label(), s.Running(), s.Listed(), s})
			continue
		}
		k := kind{s.Running(), s.Listed()}
		at, ok := rest[k]
		if !ok {
			at = len(groups)
			rest[k] = at
			groups = append(groups, StatusGroup{Label: labels[k], IsRunning: k.running, IsListed: k.listed})
		}
		places[s.Name] = at
		sum := &groups[at].StatusCount
		sum.Instances += s.Instances
		sum.GPUs.addSum(s.GPUs)
		sum.Cost.addCost(s.Cost)
		sum.Cost.PerMonth = r.Monthly(sum.Cost.PerHour)
	}
	return groups, places
}
