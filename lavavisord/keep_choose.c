#include "lavavisord/keep.h"

static int	 is_used(const struct semver *, const struct semver *, size_t);

static int
is_used(const struct semver *v, const struct semver *used, size_t nused)
{
	size_t	 i;

	for (i = 0; i < nused; i++)
		if (semver_compare(v, &used[i]) == 0)
			return 1;
	return 0;
}

int
keep_choose(const struct semver *installed, size_t n,
    const struct semver *used, size_t nused, size_t keep)
{
	size_t	 i;
	int	 oldest = -1;

	if (n <= keep)
		return -1;
	for (i = 0; i < n; i++)
		if (!is_used(&installed[i], used, nused) && (oldest == -1 ||
		    semver_compare(&installed[i], &installed[oldest]) < 0))
			oldest = (int)i;
	return oldest;
}
