#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "lavavisord/chain_height.h"
#include "lavavisord/monitor/quorum.h"

/* One value near one height, and the groups that say so */
struct camp {
	uint32_t	 groups;
	struct sample	 found;
};

static void	camp_count(const struct sample *, size_t, size_t, uint32_t,
		    struct camp *);
static int	descending(const void *, const void *);
static int64_t	distance(int64_t, int64_t);
static int	first_of_group(const struct sample *, size_t);
static uint32_t	groups_of(const struct clock_view *, size_t);

int
same_value(const struct sample *a, const struct sample *b)
{
	return strcmp(a->network, b->network) == 0 &&
	    chain_same_versions(&a->versions, &b->versions);
}

void
quorum_count(const struct sample *s, size_t n, uint32_t quorum,
    struct tally *tally)
{
	struct camp	 camp;
	int		 conflict = 0, better;
	size_t		 i;

	memset(tally, 0, sizeof(*tally));
	for (i = 0; i < n; i++) {
		if (!s[i].vote)
			continue;
		tally->voting += (uint32_t)first_of_group(s, i);
		camp_count(s, n, i, quorum, &camp);
		if (camp.groups >= quorum && tally->agree >= quorum &&
		    !same_value(&camp.found, &tally->found))
			conflict = 1;
		/* Of camps with a quorum the highest, else the largest */
		if (camp.groups >= quorum && tally->agree >= quorum)
			better = camp.found.height > tally->found.height;
		else
			better = camp.groups > tally->agree;
		if (better) {
			tally->agree = camp.groups;
			tally->found = camp.found;
		}
	}
	if (tally->voting == 0)
		tally->state = AGREEMENT_UNKNOWN;
	else if (conflict)
		tally->state = AGREEMENT_CONFLICT;
	else if (tally->agree >= quorum)
		tally->state = AGREEMENT_YES;
	else
		tally->state = tally->voting < quorum ? AGREEMENT_FEW :
		    AGREEMENT_SPLIT;
}

static int
first_of_group(const struct sample *s, size_t which)
{
	size_t	 i;

	for (i = 0; i < which; i++)
		if (s[i].vote && s[i].group == s[which].group)
			return 0;
	return 1;
}

/* Who says the same as s[which], not further than the window from it */
static void
camp_count(const struct sample *s, size_t n, size_t which, uint32_t quorum,
    struct camp *camp)
{
	int64_t		*heights, *times;
	uint32_t	*groups, g;
	size_t		 i;

	memset(camp, 0, sizeof(*camp));
	if ((heights = calloc(n, sizeof(*heights))) == NULL ||
	    (times = calloc(n, sizeof(*times))) == NULL ||
	    (groups = calloc(n, sizeof(*groups))) == NULL)
		fatal("calloc");
	for (i = 0; i < n; i++) {
		if (!s[i].vote || !same_value(&s[i], &s[which]) ||
		    distance(s[i].height, s[which].height) > QUORUM_WINDOW)
			continue;
		for (g = 0; g < camp->groups; g++)
			if (groups[g] == s[i].group)
				break;
		if (g == camp->groups)
			groups[camp->groups++] = s[i].group;
		if (s[i].height > heights[g])
			heights[g] = s[i].height;
		if (s[i].time_s > times[g])
			times[g] = s[i].time_s;
	}
	qsort(heights, camp->groups, sizeof(*heights), descending);
	qsort(times, camp->groups, sizeof(*times), descending);
	camp->found = s[which];
	if (camp->groups >= quorum) {
		camp->found.height = heights[quorum - 1];
		camp->found.time_s = times[quorum - 1];
	}
	free(heights);
	free(times);
	free(groups);
}

static int
descending(const void *a, const void *b)
{
	const int64_t	*x = a, *y = b;

	return *x > *y ? -1 : *x < *y;
}

static int64_t
distance(int64_t a, int64_t b)
{
	return a > b ? a - b : b - a;
}

enum agreement
quorum_clock(const struct clock_view *v, size_t n, uint32_t quorum,
    uint32_t max_age_s, int64_t *off_s)
{
	size_t	 i, future = 0, old = 0, known = 0;
	int64_t	 least = INT64_MAX, off;

	*off_s = 0;
	for (i = 0; i < n; i++) {
		if (!v[i].known)
			continue;
		known++;
		future += v[i].age_s < -HEIGHT_FUTURE_S;
		old += v[i].age_s > (int64_t)max_age_s;
		off = v[i].age_s < 0 ? -v[i].age_s : v[i].age_s;
		if (off < least)
			least = off;
	}
	if (known == 0 || (future != known && old != known) ||
	    groups_of(v, n) < quorum)
		return AGREEMENT_UNKNOWN;
	*off_s = least;
	return future != 0 ? AGREEMENT_CLOCK_SLOW : AGREEMENT_ALL_OLD;
}

static uint32_t
groups_of(const struct clock_view *v, size_t n)
{
	uint32_t	 groups = 0;
	size_t		 i, j;

	for (i = 0; i < n; i++) {
		if (!v[i].known)
			continue;
		for (j = 0; j < i; j++)
			if (v[j].known && v[j].group == v[i].group)
				break;
		groups += j == i;
	}
	return groups;
}
