/*
 * The two languages on top of config_schema.h, and what they share.  Only for
 * config*.c; everything else includes lavavisord/config.h.
 */

#ifndef LAVAVISORD_CONFIG_MAIN_H
#define LAVAVISORD_CONFIG_MAIN_H

#include "lavavisord/config.h"
#include "lavavisord/config_schema.h"

/* Fills p->config from the root of a config.yml; 0 or -1. */
int	 config_main_read(struct config_parse *, const struct yaml_node *root);

/* Fills p->service from the root of a services/NAME.yml; 0 or -1. */
int	 config_service_read(struct config_parse *,
	    const struct yaml_node *root);

/* The defaults of each. */
void	 config_main_defaults(struct config *);
void	 config_service_defaults(struct config_service *);

/* argv from `command` or from the pieces, once all keys are read. */
void	 config_service_argv(struct config_service *, char **command,
	    size_t command_count, char **arguments, size_t arguments_count);

/* `hooks`: its keys, its accounts, and what it owns. */
extern const struct schema_key config_hooks_keys[];
int	 config_hooks_accounts(struct config *, int any_user, char *error,
	    size_t errsize);
void	 config_hooks_free(struct config_hooks *);

/* 1 if it is the uid of an account of ours. */
int	 config_account_is_ours(uid_t);

/* For struct schema_key: an absolute path without "..". */
int	 check_path(const char *, const char **why);

/* A chain id: letters, digits, dash, underscore, dot; < NAME_SIZE. */
int	 check_chain_id(const char *, const char **why);

/*
 * Reads a regular file of at most max bytes into *text (allocated, with a NUL
 * behind it).  trusted: refuses one that others than root and ourselves could
 * have written or replaced.  0, or -1 with "path: reason"; *missing (may be
 * NULL) is set when there is no such file.
 */
int	 config_read_file(const char *path, size_t max, int trusted,
	    char **text, size_t *len, int *missing, char *error,
	    size_t errsize);

#endif
