package fetch

// Kind tells errors apart by who has to do something about them.
type Kind int

const (
	// BadInput: a saved reply can't be read from where it was said to be.
	BadInput Kind = iota + 1
	// BadAPI: the API is unreachable, timed out, refused, or its reply is not what the document describes.
	BadAPI
	// Incomplete: the list that came can't be the whole list.
	Incomplete
)

// Error is why there is no list. What it says never holds a value from a reply: a host name or a password could
// be among them.
type Error struct {
	Kind Kind
	What string // what happened, to what, and what to do

	refused bool // the API did not want this request, others it may
}

func (e *Error) Error() string { return e.What }

// replyError returns the error for a reply that is not what the document describes.
func replyError(what string) error {
	return &Error{Kind: BadAPI, What: "the reply is not what the API's document describes: " + what}
}
