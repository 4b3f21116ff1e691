package report

import (
	"strings"

	"gpufleet/fetch/fleet"
)

// StatusCount adds up the instances with a status. The name is as given by the API, "" for none.
type StatusCount struct {
	Name      string
	Instances int
	GPUs      Sum
	Cost      Cost // of all of them, listed or not
}

// Running reports whether instances with the status are running.
func (s StatusCount) Running() bool { return (&fleet.Instance{Status: s.Name}).Running() }

// Listed reports whether instances with the status are listed.
func (s StatusCount) Listed() bool { return (&fleet.Instance{Status: s.Name}).Listed() }

// Label returns the status's name for people.
func (s StatusCount) Label() string {
	if s.Name == "" {
		return Unknown
	}
	return s.Name
}

// StatusTone returns the kind of mark that pages show next to a status: up, busy, idle, bad or gone. The list of
// statuses is open: any other status is "other".
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

// statusCounts counts by status name. The list of statuses is open and can be long.
type statusCounts map[string]*statusCount

type statusCount struct {
	StatusCount
	running, listed bool
}

// of returns the count of a status, adding it if needed.
func (c statusCounts) of(name string) *statusCount {
	count := c[name]
	if count == nil {
		count = &statusCount{StatusCount: StatusCount{Name: name}}
		count.running, count.listed = count.Running(), count.Listed()
		c[name] = count
	}
	return count
}

// StatusGroup is one status, or several rare ones together. Then its StatusCount has no name.
type StatusGroup struct {
	Label               string
	IsRunning, IsListed bool
	StatusCount
}

// StatusGroups returns the statuses, the most frequent first, and each status name's index among them. With more than
// limit statuses, the rarest are merged into up to three groups: running, listed but not running, and not listed.
func (r *Report) StatusGroups(limit int) (groups []StatusGroup, indexes map[string]int) {
	type kind struct{ running, listed bool }
	labels := map[kind]string{
		{true, true}:   "Other statuses, running",
		{false, true}:  "Other statuses, listed",
		{false, false}: "Other statuses, not listed",
	}
	indexes = make(map[string]int, len(r.Statuses))
	merged := map[kind]int{} // indexes of the merged groups
	for i, s := range r.Statuses {
		if i < limit {
			indexes[s.Name] = i
			groups = append(groups, StatusGroup{s.Label(), s.Running(), s.Listed(), s})
			continue
		}
		k := kind{s.Running(), s.Listed()}
		at, ok := merged[k]
		if !ok {
			at = len(groups)
			merged[k] = at
			groups = append(groups, StatusGroup{Label: labels[k], IsRunning: k.running, IsListed: k.listed})
		}
		indexes[s.Name] = at
		sum := &groups[at].StatusCount
		sum.Instances += s.Instances
		sum.GPUs.addSum(s.GPUs)
		sum.Cost.addCost(s.Cost)
		sum.Cost.PerMonth = r.Monthly(sum.Cost.PerHour)
	}
	return groups, indexes
}
