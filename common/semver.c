#include <stdio.h>
#include <string.h>

#include "common/semver.h"

int
semver_parse(const char *s, struct semver *v)
{
	struct semver	 r;
	uint32_t	 n;
	int		 i, digits;

	for (i = 0; i < 3; i++) {
		if (i > 0 && *s++ != '.')
			return -1;
		n = 0;
		for (digits = 0; *s >= '0' && *s <= '9'; digits++, s++) {
			if (digits > 0 && n == 0)
				return -1;	/* a leading zero */
			n = n * 10 + (uint32_t)(*s - '0');
			if (n > UINT16_MAX)
				return -1;
		}
		if (digits == 0)
			return -1;
		r.part[i] = (uint16_t)n;
	}
	if (*s != '\0')
		return -1;
	*v = r;
	return 0;
}

int
semver_compare(const struct semver *a, const struct semver *b)
{
	int	 i;

	for (i = 0; i < 3; i++)
		if (a->part[i] != b->part[i])
			return a->part[i] < b->part[i] ? -1 : 1;
	return 0;
}

enum semver_step
semver_step(const struct semver *a, const struct semver *b)
{
	if (a->part[0] != b->part[0])
		return STEP_MAJOR;
	if (a->part[1] != b->part[1])
		return STEP_MINOR;
	if (a->part[2] != b->part[2])
		return STEP_PATCH;
	return STEP_NONE;
}

const char *
semver_step_name(enum semver_step step)
{
	switch (step) {
	case STEP_PATCH:
		return "patch";
	case STEP_MINOR:
		return "minor";
	case STEP_MAJOR:
		return "major";
	case STEP_NONE:
		break;
	}
	return "none";
}

char *
semver_text(const struct semver *v, char *buf, size_t size)
{
	snprintf(buf, size, "%u.%u.%u", v->part[0], v->part[1], v->part[2]);
	return buf;
}
