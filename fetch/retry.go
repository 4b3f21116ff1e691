package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"gpufleet/fetch/fleet"
)

const (
	maxAttempts   = 4  // of one request
	maxRetries    = 10 // of one run
	firstWait     = 500 * time.Millisecond
	longestWait   = 20 * time.Second
	maxErrorReply = 64 << 10 // bytes read of an error reply
	// errorReplyTime limits the reading of an error reply, whose status is already known.
	errorReplyTime = 2 * time.Second
)

var errIdle = errors.New("no data for too long")

// get sends a GET and retries it until the body has been read, a retry can't help, or no retries are left. read is
// called once per attempt and must start from the beginning each time.
func (c *Client) get(ctx context.Context, address string, read func(io.Reader) error) error {
	for attempt := 1; ; attempt++ {
		failed := c.attempt(ctx, address, read)
		if failed == nil || ctx.Err() != nil {
			return errorOrCause(ctx, failed)
		}
		if !worthRetrying(failed) {
			return c.describe(failed, address)
		}
		if attempt == maxAttempts || c.retries == maxRetries {
			return withAttempts(c.describe(failed, address), attempt)
		}
		wait, err := c.waitBefore(ctx, attempt, failed, address)
		if err != nil {
			return err
		}
		c.retries++
		c.log("%v; attempt %d of %d in %v", c.describe(failed, address), attempt+1, maxAttempts, wait.Round(time.Millisecond))
		select {
		case <-c.after(wait):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (c *Client) describe(err error, address string) error {
	if c.Site {
		return describeSite(err, address)
	}
	return describe(err, address)
}

// waitBefore returns how long to wait before the next attempt: as long as the server asks, else a random part of a time
// that doubles, so that many clients don't retry at once. If the time limit allows no such wait, it returns the error
// that ends the run.
func (c *Client) waitBefore(ctx context.Context, attempt int, err error, address string) (time.Duration, error) {
	wait := time.Duration(c.randomPart() * float64(min(longestWait, firstWait<<(attempt-1))))
	var status *statusError
	isBusy := errors.As(err, &status) && (status.wait >= 0 || status.code == http.StatusTooManyRequests)
	switch {
	case isBusy && status.wait >= 0:
		wait = status.wait
	case isBusy:
		wait = busyWaits[attempt-1]
	}
	deadline, limited := ctx.Deadline()
	switch {
	case !limited || wait <= time.Until(deadline):
		return wait, nil
	case isBusy:
		return 0, errorf(BadAPI, "%s: it takes no more requests now; try again in %s, or increase --timeout",
			c.describeStatus(err, status, address), waitText(wait))
	}
	return 0, withAttempts(c.describe(err, address), attempt)
}

// busyWaits are the waits after each attempt that gets the status 429, if the server doesn't say how long to wait.
var busyWaits = [maxAttempts - 1]time.Duration{5 * time.Second, 15 * time.Second, 30 * time.Second}

// describeStatus says what the status of err was, without advice.
func (c *Client) describeStatus(err error, status *statusError, address string) string {
	var proxy *proxyError
	switch {
	case errors.As(err, &proxy):
		return proxy.describe(address)
	case c.Site:
		return status.describeSite(address)
	}
	return status.describe(address)
}

// waitText returns a time to wait for people, rounded up.
func waitText(wait time.Duration) string {
	count := func(unit time.Duration) int { return int((wait + unit - 1) / unit) }
	switch {
	case wait == farWait:
		return "more than 11 days"
	case wait > 48*time.Hour:
		return fleet.Counted(count(24*time.Hour), "day")
	case wait > 2*time.Hour:
		return fleet.Counted(count(time.Hour), "hour")
	case wait > 2*time.Minute:
		return fleet.Counted(count(time.Minute), "minute")
	}
	return fleet.Counted(max(1, count(time.Second)), "second")
}

func (c *Client) after(wait time.Duration) <-chan time.Time {
	if c.wait != nil {
		return c.wait(wait)
	}
	return time.After(wait)
}

func (c *Client) randomPart() float64 {
	if c.random != nil {
		return c.random()
	}
	return rand.Float64()
}

// withAttempts adds the number of attempts to an error.
func withAttempts(err error, attempts int) error {
	var known *Error
	if attempts > 1 && errors.As(err, &known) {
		counted := *known
		counted.What = fmt.Sprintf("%s (tried %d times)", known.What, attempts)
		return &counted
	}
	return err
}

// worthRetrying reports whether the same request may succeed next time.
func worthRetrying(err error) bool {
	var status *statusError
	if errors.As(err, &status) {
		switch status.code {
		case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
			http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout, 530:
			return true
		}
		return status.code >= 520 && status.code <= 527 // of a gateway that can't reach the API, as is 530
	}
	return isTimeout(err) || isCut(err) || errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, errMismatch)
}

// isCut reports whether the connection was closed before the end of the reply.
func isCut(err error) bool {
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// farWait stands for all longer waits.
const farWait = 1_000_000 * time.Second

// askedWait returns how long the server asks to wait, -1 if it doesn't say so. Of several values the longest wait
// counts. The header RateLimit of newer drafts is not read: it describes quotas, and says when one is used up only
// together with its policy.
func askedWait(response *http.Response) time.Duration {
	now, err := http.ParseTime(response.Header.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	longest := longestHeader(response.Header, now, retryAfter, "Retry-After")
	if longest < 0 && response.StatusCode == http.StatusTooManyRequests {
		longest = longestHeader(response.Header, now, rateLimitReset, "RateLimit-Reset", "X-RateLimit-Reset")
	}
	return longest
}

// longestHeader returns the longest wait that headers ask for, -1 for none. A server on the way may have joined several
// of the same name with commas. A date has a comma too.
func longestHeader(header http.Header, now time.Time, parse func(string, time.Time) time.Duration, names ...string,
) time.Duration {
	longest := time.Duration(-1)
	for _, name := range names {
		for _, value := range header.Values(name) {
			for _, part := range append(strings.Split(value, ","), value) {
				longest = max(longest, parse(part, now))
			}
		}
	}
	return longest
}

// retryAfter parses a Retry-After header, which is a number of seconds or an HTTP date. now is the time of the reply.
// It returns -1 if the header is missing or invalid, 0 for a date in the past.
func retryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	if seconds, ok := wholeSeconds(header); ok {
		return time.Duration(min(seconds, int64(farWait/time.Second))) * time.Second
	}
	date, err := http.ParseTime(header)
	if err != nil {
		return -1
	}
	return min(farWait, max(0, date.Sub(now)))
}

// rateLimitReset parses the time at which a rate limit ends: a number of seconds from now, the seconds since 1970, or a
// date. It returns -1 if it is invalid or not in the future, since a limit that had ended would not have been reported.
func rateLimitReset(header string, now time.Time) time.Duration {
	const firstTime = 1_000_000_000 // in 2001; no server asks to wait as many seconds
	wait := retryAfter(header, now)
	if seconds, ok := wholeSeconds(strings.TrimSpace(header)); ok && seconds >= firstTime {
		if seconds >= 100*firstTime {
			seconds = (seconds + 999) / 1000 // it was in milliseconds
		}
		wait = min(farWait, time.Unix(seconds, 0).Sub(now))
	}
	if wait <= 0 {
		return -1
	}
	return wait
}

// wholeSeconds parses a number of seconds without a sign, rounded up. ok says whether it is one. A larger number than
// any sensible time is cut.
func wholeSeconds(text string) (seconds int64, ok bool) {
	const most = 1 << 53
	whole, fraction, hasFraction := strings.Cut(text, ".")
	if whole == "" || hasFraction && fraction == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return 0, false
	}
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || seconds > most {
		return most, true
	}
	if strings.Trim(fraction, "0") != "" {
		seconds++
	}
	return seconds, true
}
