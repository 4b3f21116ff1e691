package fetch

import (
	"net/http"
	"time"
)

// Differences between our clock and the API's.
const (
	clockWarning = 10 * time.Minute // more than this is a warning
	clockError   = 24 * time.Hour   // more than this ends the run, since a report with a wrong date spoils the history
)

// checkClock compares our clock with the Date of a reply. A reply without a valid Date is not compared.
func (c *Client) checkClock(header http.Header) error {
	date, err := http.ParseTime(header.Get("Date"))
	if c.Clock == nil || err != nil {
		return nil
	}
	ahead := c.Clock().Sub(date)
	switch {
	case ahead > clockError:
		return errorf(Incomplete, "this machine's clock is more than a day ahead of the API's; set the clock")
	case ahead < -clockError:
		return errorf(Incomplete, "this machine's clock is more than a day behind the API's; set the clock")
	case ahead.Abs() > clockWarning:
		c.clockIsOff = true
	}
	return nil
}
