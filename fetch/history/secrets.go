package history

import (
	"context"

	"gpufleet/fetch/fleet"
)

// HideTexts hides from the history what texts of a list may not show: the secrets of its instances and, for a public
// run, addresses. Secrets are hidden in earlier rows of the same id, and in the names of all earlier groups once a text
// of their instance has shown one. The error is like that of Rewrite.
func (h *History) HideTexts(ctx context.Context, run Head, list []*fleet.Instance) error {
	secrets, public := fleet.SecretsByKey(list), run.Audience != internal
	err := h.Rewrite(ctx, Edit{Rows: func(*Head) func(*fleet.Instance) {
		return func(in *fleet.Instance) {
			secrets(in.Key()).HideIn(in)
			if public && in.HideAddresses() {
				in.WithAddresses = nil
			}
		}
	}})
	if err != nil {
		return err
	}
	showsSecret := fleet.SecretsInNames(list)
	names := map[string]bool{} // and whether they show a secret
	hide := func(name *string, unknown string) {
		if public {
			*name = fleet.HideAddress(*name)
		}
		shows, known := names[*name]
		if !known {
			shows = showsSecret(*name)
			names[*name] = shows
		}
		if shows {
			*name = unknown
		}
	}
	// Rows without an id are only known by their groups, which the spend is counted by.
	withoutID := func(in *fleet.Instance) {
		if in.ID == "" {
			hide(&in.Region, "")
			hide(&in.GPU, "")
			hide(&in.GPUGroup, fleet.UnknownGPU)
		}
	}
	return h.Rewrite(ctx, Edit{
		Rows: func(*Head) func(*fleet.Instance) { return withoutID },
		Group: func(g *Group) {
			if g.Region != "" || g.GPU != "" { // else it is the sum of further groups
				hide(&g.Region, fleet.UnknownRegion)
				hide(&g.GPU, fleet.UnknownGPU)
			}
		},
	})
}
