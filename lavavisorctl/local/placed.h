/*
 * What lies in upgrades/ of a directory: versions that lavavisord installed,
 * and files that somebody put there as vX.Y.Z/lavap; and which of them the
 * chain lets run.
 */

#ifndef LAVAVISORCTL_PLACED_H
#define LAVAVISORCTL_PLACED_H

#include <stddef.h>

#include "common/semver.h"

struct place;

#define PLACED_MAX	256
#define PLACED_ROLES	2	/* provider, consumer */

struct placed_version {
	struct semver	 version;
	int		 installed;	/* it has a manifest */
};

struct placed {
	struct placed_version	 list[PLACED_MAX];
	size_t			 count;
};

/* What the chain lets a role run */
struct placed_range {
	struct semver	 target;
	struct semver	 min;
};

/* Reads the directory; none is as good as an empty one. */
void	 placed_read(struct placed *, const struct place *);

/*
 * The answer of `upgrade prepare -nj', text lines with one object among them,
 * for both roles.  0, or -1 when it is not in there.
 */
int	 placed_ranges(const char *text, struct placed_range *);

/* The newest in the range, or of all for NULL; NULL none. */
const struct placed_version	*placed_newest(const struct placed *,
				    const struct placed_range *);

#endif
