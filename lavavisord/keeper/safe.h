/*
 * The passphrases, one for each service that has one.  Each lies in memory of
 * sodium_malloc(3): locked, between guard pages, not in a core dump, and not
 * even readable for ourselves but while it is used.
 */

#ifndef KEEPER_SAFE_H
#define KEEPER_SAFE_H

#include <stddef.h>

#include "common/message.h"

/* With the newline that ends a line, and a CR before it while it is read */
#define SECRET_SIZE	(PASSPHRASE_MAX + 2)

struct secret {
	char		 name[NAME_SIZE];
	int		 proven;	/* a run was content with it */
	unsigned char	*line;		/* with its newline */
	size_t		 len;		/* of that */
};

/* SECRET_SIZE bytes to be written to; failure is fatal. */
unsigned char	*secret_room(void);

/* Wipes and frees it; NULL is allowed. */
void		 secret_room_free(unsigned char *);

/*
 * Makes the len bytes that were read into room (of secret_room()) a line: one
 * newline at their end, CR LF too, is not part of it.  Returns its length with
 * a newline, or 0 with *why.
 */
size_t		 secret_line(unsigned char *room, size_t len,
		    const char **why);

/* Takes line for this service, in place of what there was. */
void		 safe_put(const char *name, unsigned char *line, size_t len);

/* The service's own, or NULL. */
struct secret	*safe_find(const char *name);

/* Copies it for another service.  0, or -1 when there is none. */
int		 safe_copy(const char *from, const char *to);

/* Writes the line to fd with one write(2); returns as that does. */
ssize_t		 safe_write(const struct secret *, int fd);

/* Wipes it. */
void		 safe_forget(const char *name);

/* From NULL to NULL, in the order in which they came. */
struct secret	*safe_next(const struct secret *);

#endif
