#include <sys/types.h>
#include <sys/resource.h>

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lavavisorctl/local/import_plan.h"

struct limit {
	const char	*unit;
	const char	*key;
	int		 resource;
};

static const struct limit	 limits[] = {
	{ "LimitNOFILE", "nofile", RLIMIT_NOFILE },
	{ "LimitNPROC", "nproc", RLIMIT_NPROC },
	{ "LimitCORE", "core", RLIMIT_CORE },
	{ "LimitFSIZE", "fsize", RLIMIT_FSIZE },
	{ "LimitDATA", "data", RLIMIT_DATA },
	{ "LimitSTACK", "stack", RLIMIT_STACK },
	{ "LimitMEMLOCK", "memlock", RLIMIT_MEMLOCK },
#ifdef RLIMIT_AS
	{ "LimitAS", "as", RLIMIT_AS },
#endif
};

static int	can_have(int, uint64_t);
static int	read_number(const char *, size_t, uint64_t *);
static const char	*take_limit(const struct limit *, const char *,
			    char *, size_t);

/* "4096", "16M"; 0, or -1 */
static int
read_number(const char *text, size_t len, uint64_t *value)
{
	static const char	 units[] = "KMGT";
	const char		*unit;
	uint64_t		 n = 0;
	size_t			 i;

	for (i = 0; i < len && isdigit((unsigned char)text[i]); i++)
		if ((n = n * 10 + (uint64_t)(text[i] - '0')) >
		    (uint64_t)1 << 40)
			return -1;
	if (i == 0)
		return -1;
	if (i + 1 == len && text[i] != '\0' &&
	    (unit = strchr(units, text[i])) != NULL) {
		n <<= 10 * (unit - units + 1);
		i++;
	}
	*value = n;
	return i == len && n < (uint64_t)1 << 62 ? 0 : -1;
}

/* Root may raise a limit, unless a container keeps it from that. */
static int
can_have(int resource, uint64_t n)
{
	struct rlimit	 own, more;

	if (getrlimit(resource, &own) == -1)
		return 0;
	if (own.rlim_max == RLIM_INFINITY || n <= own.rlim_max)
		return 1;
	more = own;
	more.rlim_max = (rlim_t)n;
	if (setrlimit(resource, &more) == -1)
		return 0;
	setrlimit(resource, &own);
	return 1;
}

/* "N" or "SOFT:HARD"; NULL with what is to be written, or why not */
static const char *
take_limit(const struct limit *l, const char *value, char *text, size_t size)
{
	uint64_t	 soft, hard;
	size_t		 len = strcspn(value, ":");

	if (strstr(value, "infinity") != NULL)
		return "what lavavisord itself has is the limit";
	if (read_number(value, len, &soft) == -1)
		return "it is no limit";
	hard = soft;
	if (value[len] == ':' && (read_number(value + len + 1,
	    strlen(value + len + 1), &hard) == -1 || soft > hard))
		return "it is no limit";
	if (!can_have(l->resource, hard))
		return "more than may be had here";
	if (value[len] == ':')
		snprintf(text, size, "[%llu, %llu]", (unsigned long long)soft,
		    (unsigned long long)hard);
	else
		snprintf(text, size, "%llu", (unsigned long long)soft);
	return NULL;
}

void
import_limits(struct import_plan *p, const char *name,
    const struct unit_file *u, FILE *f)
{
	const struct unit_line	*l;
	const char		*why;
	char			 text[64];
	size_t			 i;
	int			 any = 0;

	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		if ((l = unit_file_find(u, "Service", limits[i].unit)) == NULL)
			continue;
		if ((why = take_limit(&limits[i], l->value, text,
		    sizeof(text))) != NULL) {
			import_note(p, "%s: %s=%s: %s", name, l->key, l->value,
			    why);
			continue;
		}
		if (!any)
			fputs("rlimits:\n", f);
		any = 1;
		fprintf(f, "  %s: %s\n", limits[i].key, text);
	}
}
