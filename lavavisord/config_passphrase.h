/*
 * `passphrase:` of a service definition: where the passphrase of its keyring
 * comes from.  Only for config*.c; the result is struct config_passphrase of
 * lavavisord/config.h.
 *
 *	passphrase: prompt
 *	passphrase: file PATH
 *	passphrase: fd NUMBER
 *	passphrase: command PROGRAM [ARGUMENT ...]
 */

#ifndef LAVAVISORD_CONFIG_PASSPHRASE_H
#define LAVAVISORD_CONFIG_PASSPHRASE_H

#include "lavavisord/config.h"
#include "lavavisord/config_schema.h"

/* SCHEMA_CALL of the key. */
int	 config_passphrase_read(struct config_parse *,
	    const struct yaml_node *);

/* 1 if two say the same. */
int	 config_passphrase_equal(const struct config_passphrase *,
	    const struct config_passphrase *);

void	 config_passphrase_free(struct config_passphrase *);

#endif
