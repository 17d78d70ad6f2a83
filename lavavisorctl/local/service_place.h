/*
 * The files of services in a directory of lavavisord's, held for a change:
 * config.yml, services/NAME.yml and services/service_configs/NAME.yml.  Who
 * may change them is checked as lavavisord itself does before it believes
 * them, one caller at a time changes them, and config.yml is put in place only
 * after lavavisord has taken it as a draft.
 */

#ifndef LAVAVISORCTL_SERVICE_PLACE_H
#define LAVAVISORCTL_SERVICE_PLACE_H

#include <sys/types.h>

#include <stddef.h>

#include "lavavisorctl/local/place.h"

#define SERVICE_FILE_MAX	(256 * 1024)	/* bytes of one */

struct service_place {
	struct place	 place;
	int		 services;	/* services/ */
	int		 configs;	/* services/service_configs/ */
	int		 main;		/* where config.yml really lies */
	char		 main_name[256];
	char		 main_path[PLACE_PATH_SIZE];
	char		 draft_path[PLACE_PATH_SIZE];
	mode_t		 main_mode;
	gid_t		 main_group;
	char		*text;		/* config.yml, with a NUL behind */
	size_t		 len;
};

/* A small file as it was, so that it can be put back */
struct kept_file {
	int	 dir;
	char	 name[256];
	char	*text;		/* NULL: there was none */
	size_t	 len;
	mode_t	 mode;
	gid_t	 group;
};

/*
 * directory is what --directory said, NULL if nothing.  Missing directories
 * of services are made if make.  0, or -1 with why; then nothing is open.
 */
int	 service_place_open(struct service_place *, const char *directory,
	    int make, char *why, size_t size);
void	 service_place_close(struct service_place *);

/* Puts "DIR/services/NAME.yml" or "DIR/services/service_configs/NAME.yml". */
void	 service_place_path(const struct service_place *, int config,
	    const char *name, char *path, size_t size);

/*
 * Whether lavavisord takes text (len bytes; NULL: the config.yml there is) as
 * config.yml, with the other files as they are.  0, or -1 with what it says.
 */
int	 service_place_check(const struct service_place *, const char *text,
	    size_t len, char *why, size_t size);

/* Puts it in place.  0, or -1 with why. */
int	 service_place_publish(const struct service_place *, const char *text,
	    size_t len, char *why, size_t size);

/* Reads NAME.yml of dir.  0, or -1 with why when one is there but unfit. */
int	 kept_file_read(struct kept_file *, int dir, const char *name,
	    const char *path, char *why, size_t size);

/* As it was.  0, or -1 with errno. */
int	 kept_file_restore(const struct kept_file *);
void	 kept_file_free(struct kept_file *);

#endif
