/*
 * What `import' would take over from another supervisor's directory, and what
 * it cannot take and why.  Finding it changes nothing.
 */

#ifndef LAVAVISORCTL_IMPORT_PLAN_H
#define LAVAVISORCTL_IMPORT_PLAN_H

#include <limits.h>
#include <stddef.h>
#include <stdio.h>

#include "common/message.h"
#include "common/protocol_config.h"
#include "lavavisorctl/local/unit_file.h"

#define IMPORT_MAX	512	/* services, versions */

struct import_service {
	char	 name[NAME_SIZE];
	char	 unit[NAME_SIZE + 16];	/* its name in config.yml there */
	char	*file;			/* whence it comes, for people */
	char	*text;			/* services/NAME.yml */
	size_t	 len;
	char	*config;		/* NULL: it needs none */
	size_t	 config_len;
	char	*config_path;		/* whence it comes */
	char	*user;			/* NULL: not written */
};

struct import_version {
	char	 version[VERSION_SIZE];
	char	*path;			/* of the program */
};

struct import_plan {
	char			 from[PATH_MAX];	/* absolute, resolved */
	const char		*units;		/* where systemd has them */
	const char		*target;	/* our directory of state */
	int			 privileged;	/* services get users */
	struct import_service	*services;
	size_t			 nservices;
	struct import_version	*versions;
	size_t			 nversions;
	char			 running[VERSION_SIZE];	/* "" not known */
	char			*chain_id;	/* of the first that says it */
	char			*node;
	char			**notes;	/* not taken: what, why */
	size_t			 nnotes;
};

void	 import_note(struct import_plan *, const char *, ...)
	    __attribute__((__format__(__printf__, 2, 3)));

/* Room for one more, all zero; NULL with a note when there are too many. */
struct import_service	*import_add_service(struct import_plan *);
struct import_version	*import_add_version(struct import_plan *);

void	 import_plan_free(struct import_plan *);

/* A small regular file, new memory with a NUL behind.  0, or -1 with errno. */
int	 import_read(const char *path, size_t max, char **text, size_t *len);

/*
 * A directory of LavaVisor's: the names in its config.yml, their units,
 * upgrades/vX.Y.Z/lavap.  0, or -1 with why when it is none.
 */
int	 import_lavavisor(struct import_plan *, char *why, size_t size);

/*
 * A tree of cosmovisor's, DAEMON_HOME or the cosmovisor/ in it.  0, or -1 with
 * why when it is none.
 */
int	 import_cosmovisor(struct import_plan *, char *why, size_t size);
int	 import_is_cosmovisor(const struct import_plan *);

/*
 * The unit of that name, with its drop-ins, from the directory of units, else
 * from beside (NULL: nowhere else).  The path of it, new memory, or NULL with
 * a note; unit_file_free() in any case.
 */
char	*import_unit_read(struct import_plan *, const char *unit,
	    const char *beside, struct unit_file *);

/* Another program in a unit's place: its words */
struct import_program {
	const char		*path;		/* NULL: the unit's own */
	const char *const	*words;		/* behind it, NULL at the end */
};

/*
 * Makes a service of a unit and adds it, or notes why not.  For a tree of
 * cosmovisor's the program is another.
 */
void	 import_unit(struct import_plan *, const char *name,
	    const char *unit, const char *file, const struct unit_file *,
	    const struct import_program *);

/* Writes its Limit...= as rlimits:, those that can be had here. */
void	 import_limits(struct import_plan *, const char *name,
	    const struct unit_file *, FILE *);

/* The name of who runs this, "" not known */
const char	*import_own_user(void);

#endif
