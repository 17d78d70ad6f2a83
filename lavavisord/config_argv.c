#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lavavisord/config_main.h"

/* lavap's subcommand, config, five options with a value */
#define PIECES	(3 + 2 * 5)

static void	add(struct config_service *, const char *);
static void	add_option(struct config_service *, const char *,
		    const char *);

static void
add(struct config_service *s, const char *word)
{
	s->argv[s->argc++] = schema_copy(word);
}

static void
add_option(struct config_service *s, const char *option, const char *value)
{
	if (value == NULL)
		return;
	add(s, option);
	add(s, value);
}

void
config_service_argv(struct config_service *s, char **command,
    size_t command_count, char **arguments, size_t arguments_count)
{
	char	 number[16];
	size_t	 i;

	if (command != NULL) {
		s->is_lavap = strcmp(command[0], "lavap") == 0;
		s->argv = schema_zeroed(command_count + 1, sizeof(*s->argv));
		for (i = 0; i < command_count; i++)
			add(s, command[i]);
		return;
	}
	s->is_lavap = 1;
	s->argv = schema_zeroed(PIECES + arguments_count + 1,
	    sizeof(*s->argv));
	add(s, "lavap");
	add(s, s->role == ROLE_PROVIDER ? "rpcprovider" : "rpcconsumer");
	add(s, s->config_file);
	snprintf(number, sizeof(number), "%u", s->geolocation);
	add_option(s, "--from", s->from);
	add_option(s, "--geolocation", number);
	add_option(s, "--chain-id", s->chain_id);
	add_option(s, "--node", s->node);
	add_option(s, "--keyring-backend", s->keyring_backend);
	for (i = 0; i < arguments_count; i++)
		add(s, arguments[i]);
}
