/*
 * services/NAME.yml as create-service writes it, and what one that is there
 * says otherwise.  Pure.
 */

#ifndef LAVAVISORCTL_SERVICE_FILE_H
#define LAVAVISORCTL_SERVICE_FILE_H

#include <stddef.h>

#define SERVICE_ARGUMENTS_MAX	256	/* as many as a service may have */

/* Texts are the caller's; NULL: the key is left out. */
struct service_file {
	const char	*role;			/* provider, consumer */
	const char	*config;		/* in service_configs */
	const char	*from;
	const char	*geolocation;		/* a number */
	const char	*chain_id;
	const char	*keyring_backend;
	const char	*passphrase;		/* its source */
	const char	*node;
	const char	*arguments[SERVICE_ARGUMENTS_MAX];
	size_t		 narguments;
	const char	*user;
	int		 allow_root;
	const char	*lava_home;		/* for a comment */
};

/* The file, new memory for free(3). */
char	*service_file_text(const struct service_file *, size_t *len);

/*
 * Compares it with a file that is there.  Keys that are only there are its
 * owner's and not looked at.  0 same; 1 with what is different, "geolocation:
 * 1 there, 2 here; ..."; -1 when it cannot be read, with file:line:col.
 */
int	 service_file_compare(const struct service_file *, const char *file,
	    const char *text, size_t len, char *what, size_t size);

/* What a file says to a key, new memory for free(3), or NULL if nothing. */
char	*service_file_value(const char *text, size_t len, const char *key);

#endif
