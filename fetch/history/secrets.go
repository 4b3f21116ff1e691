package history

import (
	"context"

	"gpufleet/fetch/fleet"
)

// HideTexts hides from the history what texts of a list may not show: the secrets of its instances and, for a public
// run, addresses. Secrets are hidden in earlier rows of the same id, and in the names of all earlier groups once a text
// of their instance has shown one. The error is like that of Rewrite.
func (h *History) HideTexts(ctx context.Context, run Head, list []*fleet.Instance) error {
	secrets, public := fleet.SecretsByID(list), run.Audience != internal
	err := h.Rewrite(ctx, Edit{Rows: func(*Head) func(*fleet.Instance) {
		return func(in *fleet.Instance) {
			secrets(in.ID).HideIn(in)
			if public {
				hideAddresses(in)
			}
		}
	}})
	if err != nil {
		return err
	}
	showsSecret := fleet.SecretsInNames(list)
	hidden := map[string]string{} // names by what is shown instead
	hide := func(name *string, unknown string) {
		becomes, known := hidden[*name]
		if !known {
			if becomes = *name; public {
				becomes = fleet.HideAddress(becomes)
			}
			if showsSecret(becomes) {
				becomes = unknown
			}
			hidden[*name] = becomes
		}
		*name = becomes
	}
	return h.Rewrite(ctx, Edit{Group: func(g *Group) {
		if g.Region != "" || g.GPU != "" { // else it is the sum of further groups
			hide(&g.Region, fleet.UnknownRegion)
			hide(&g.GPU, fleet.UnknownGPU)
		}
	}})
}

func hideAddresses(in *fleet.Instance) {
	in.HideAddresses()
	in.WithAddresses = nil
}
