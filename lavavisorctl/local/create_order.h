/*
 * What the line `create-service ...' says, apart from the files.
 */

#ifndef LAVAVISORCTL_CREATE_ORDER_H
#define LAVAVISORCTL_CREATE_ORDER_H

#include <stddef.h>

#include "common/protocol_config.h"

/* Texts point into argv; NULL: not said. */
struct create_order {
	enum protocol_role	 role;
	const char		*role_name;
	const char		*config;
	const char		*from;
	const char		*geolocation;
	const char		*chain_id;
	const char		*keyring_backend;
	const char		*passphrase;	/* where it comes from */
	const char		*node;
	const char		*log_level;
	const char		*parallel;
	const char		*directory;
	const char		*name;
	const char		*user;
	const char		*lava_home;	/* --home behind --, absolute */
	char *const		*rest;
	size_t			 nrest;
	int			 allow_root;
	int			 create_link;
	int			 replace;
	int			 reload;
	int			 help;
};

/* Reads and checks it, no file touched.  0, or -1 with why. */
int	 create_order_read(struct create_order *, int argc,
	    char *const argv[], char *why, size_t size);

/* Its options, for people, on stdout */
void	 create_order_help(void);

/* UTF-8 without control characters, or what breaks a line in YAML: 1 or 0. */
int	 text_is_plain(const char *text);

#endif
