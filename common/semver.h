/*
 * Versions of lavap as the chain and the releases write them: three decimal
 * numbers with dots, `6.2.5`.  No `v`, no pre-release, no leading zeros.
 */

#ifndef COMMON_SEMVER_H
#define COMMON_SEMVER_H

#include <stddef.h>
#include <stdint.h>

#define SEMVER_SIZE	18	/* 65535.65535.65535 and its NUL */

struct semver {
	uint16_t	 part[3];	/* major, minor, patch */
};

/* How big a move is: the first part that differs, in either direction. */
enum semver_step {
	STEP_NONE,
	STEP_PATCH,
	STEP_MINOR,
	STEP_MAJOR
};

/* Parses the whole string.  0, or -1 with *v untouched. */
int	 semver_parse(const char *, struct semver *v);

/* <0, 0, >0: numeric, part by part. */
int	 semver_compare(const struct semver *, const struct semver *);

enum semver_step semver_step(const struct semver *, const struct semver *);

/* `patch`, `minor`, `major`, or `none`; static. */
const char	*semver_step_name(enum semver_step);

/*
 * Writes the text form into buf (SEMVER_SIZE always suffices) and returns
 * buf.
 */
char	*semver_text(const struct semver *, char *buf, size_t);

#endif
