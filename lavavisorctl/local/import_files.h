/*
 * What `import' writes: services/NAME.yml, their configs, config.yml; and the
 * versions it has installed.
 */

#ifndef LAVAVISORCTL_IMPORT_FILES_H
#define LAVAVISORCTL_IMPORT_FILES_H

#include <stddef.h>

#include "lavavisorctl/local/import_plan.h"
#include "lavavisorctl/local/place.h"

struct import_done {
	size_t	 written;	/* services, versions: what was not there */
	size_t	 failed;	/* complained of on stderr */
};

/*
 * Makes the directory and its config.yml where there is none yet, writes the
 * services and lists them, and says so on stdout.  in_place: the source is
 * this very directory; its config.yml is kept as config.yml.lavavisor and
 * names of units are taken out.  0, or -1 with why; then nothing is changed.
 */
int	 import_files(struct import_plan *, const char *directory,
	    int in_place, struct import_done *, char *why, size_t size);

/*
 * Hands each version to the daemon that runs there, or to an idle one that is
 * started for it, which hashes and installs it; `current' is then what ran, if
 * there was none.
 */
void	 import_versions(struct import_plan *, const struct place *,
	    struct import_done *);

/* 1 if the place has that version with a manifest. */
int	 import_has_version(const struct place *, const char *version);

#endif
