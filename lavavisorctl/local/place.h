/*
 * Which directory and configuration a local command is about.
 *
 * As lavavisorctl: --directory D is D itself; without it root means the
 * system's (PATH_SYSCONF/config.yml and PATH_STATE), others ~/.lavavisor.
 * As lavavisor, LavaVisor's habits: ~/.lavavisor, for root too, and
 * --directory D is D/.lavavisor, or D itself if it has a config.yml.
 */

#ifndef LAVAVISORCTL_PLACE_H
#define LAVAVISORCTL_PLACE_H

#include <stddef.h>

#define PLACE_PATH_SIZE	1024

struct place {
	char	 directory[PLACE_PATH_SIZE];	/* of state; absolute */
	char	 config[PLACE_PATH_SIZE];	/* config.yml, absolute */
	int	 is_system;	/* root's, with its own socket directory */
};

/* The user's home directory: $HOME, else of passwd(5); NULL not known. */
const char	*place_home(void);

/*
 * directory is what --directory said, NULL if nothing.  Nothing need be there
 * yet.  0, or -1 with why: no home directory known, or a path too long.
 */
int	 place_find(struct place *, const char *directory, char *why,
	    size_t size);

/*
 * Its config.yml is this file, wherever that lies; it need not be there.  0, or
 * -1 with why: an empty path, or one too long.
 */
int	 place_config(struct place *, const char *path, char *why,
	    size_t size);

/*
 * The socket that a daemon of this place has for orders, "DIR/run/admin.sock"
 * or the system's.  0, or -1 with why when it is too long for a socket.
 */
int	 place_socket(const struct place *, char *path, size_t pathsize,
	    char *why, size_t size);

/* 1 if a daemon of this place answers now. */
int	 place_has_daemon(const struct place *);

#endif
