#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lavavisord/check_rule.h"

#define PROBLEM_SIZE	256
/* Of the disk, below which it is as good as full */
#define DISK_PERCENT	5

static const char *down_word(uint8_t);

const char *
check_status_name(enum check_status status)
{
	static const char *const	 names[] = { "OK", "WARNING",
	    "CRITICAL", "UNKNOWN" };

	return (unsigned int)status <= CHECK_UNKNOWN ? names[status] :
	    "UNKNOWN";
}

void
check_add(struct check_report *r, enum check_status status, const char *fmt,
    ...)
{
	char	 text[PROBLEM_SIZE];
	size_t	 at, len, used = strlen(r->text);
	va_list	 ap;
	char	*p;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text) - 2, fmt, ap);
	va_end(ap);
	/* What follows a | is for machines. */
	for (p = text; *p != '\0'; p++)
		if (*p == '|')
			*p = '/';
	r->problems++;
	if (status == CHECK_CRITICAL || r->status == CHECK_OK)
		r->status = status;
	strlcat(text, "; ", sizeof(text));
	len = strlen(text);
	if (used + len >= sizeof(r->text)) {
		r->left_out++;
		return;
	}
	at = status == CHECK_CRITICAL ? r->critical_end : used;
	memmove(r->text + at + len, r->text + at, used + 1 - at);
	memcpy(r->text + at, text, len);
	if (status == CHECK_CRITICAL)
		r->critical_end += len;
}

static const char *
down_word(uint8_t state)
{
	switch (state) {
	case SERVICE_BACKOFF:
		return "waits for another start";
	case SERVICE_FAILED:
		return "failed";
	case SERVICE_LOCKED:
		return "is locked";
	default:
		return "is down";
	}
}

void
check_service(struct check_report *r, const struct check_service *s)
{
	const char	*gap = s->reason[0] != '\0' ? ": " : "";
	int		 passing;

	if (!s->wanted || s->finished)
		return;
	passing = s->moving || s->again || s->soon ||
	    s->state == SERVICE_STARTING;
	if (s->state != SERVICE_RUNNING) {
		if (passing)
			check_add(r, CHECK_WARNING, "%s is being %s", s->name,
			    s->moving ? "moved" : "started");
		else
			check_add(r, CHECK_CRITICAL, "%s %s%s%s", s->name,
			    down_word(s->state), gap, s->reason);
	} else if (s->ready == READINESS_NO)
		check_add(r, s->ready_due || passing ? CHECK_WARNING :
		    CHECK_CRITICAL, "%s is not ready%s%s", s->name, gap,
		    s->reason);
	else if (s->unwell[0] != '\0')
		check_add(r, CHECK_CRITICAL, "%s is not well: %s", s->name,
		    s->unwell);
	else if (s->locked != NULL && s->locked[0] != '\0')
		check_add(r, CHECK_WARNING, "%s could not be started again: "
		    "%s", s->name, s->locked);
}

void
check_one_service(struct check_report *r, const struct check_service *s)
{
	const char	*gap = s->reason[0] != '\0' ? ": " : "";

	if (s->state != SERVICE_RUNNING)
		check_add(r, CHECK_CRITICAL, "%s is %s%s%s", s->name,
		    service_state_name(s->state), gap, s->reason);
	else if (s->ready == READINESS_NO)
		check_add(r, CHECK_CRITICAL, "%s is not ready%s%s", s->name,
		    gap, s->reason);
	else if (s->unwell[0] != '\0')
		check_add(r, CHECK_CRITICAL, "%s is not well: %s", s->name,
		    s->unwell);
}

void
check_role(struct check_report *r, const char *role,
    const struct decide_result *d)
{
	if (d->below_min) {
		check_add(r, CHECK_CRITICAL, "%s services are below the "
		    "chain's min: %s", role, d->text);
		return;
	}
	switch (d->why) {
	case WHY_APPROVAL:
	case WHY_BAD:
	case WHY_NO_RELEASE:
	case WHY_UNREACHABLE:
	case WHY_HOLD:
		check_add(r, CHECK_WARNING, "%s services: %s: %s", role,
		    decide_why_name(d->why), d->text);
		break;
	default:
		/* As it should be, or it goes on by itself. */
		break;
	}
}

void
check_nodes(struct check_report *r, enum agreement state, const char *text,
    unsigned int asked, unsigned int well)
{
	if (state != AGREEMENT_YES && state != AGREEMENT_UNKNOWN)
		check_add(r, CHECK_WARNING, "nodes: %s%s%s",
		    agreement_name(state), text[0] != '\0' ? ": " : "", text);
	else if (well < asked)
		check_add(r, CHECK_WARNING, "%u of %u nodes %s not well",
		    asked - well, asked, asked - well == 1 ? "is" : "are");
}

void
check_disk(struct check_report *r, uint64_t left, uint64_t all)
{
	if (all == 0 || left >= all / 100 * DISK_PERCENT)
		return;
	check_add(r, CHECK_WARNING, "the disk is nearly full: %" PRIu64
	    " MB left of %" PRIu64, left >> 20, all >> 20);
}
