/* fuzz: lavavisorctl/local/config_list.c lavavisorctl/local/yaml_quote.c */
/*
 * Any text as lavap's own file, and as a config.yml that gets a name more and
 * loses it again.  What is refused must say so in one line.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/protocol_config.h"
#include "lavavisorctl/local/config_list.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_line(const char *error)
{
	if (error[0] == '\0' || strchr(error, '\n') != NULL)
		abort();
}

static void
edit(const char *text, size_t size)
{
	char		*with, *without, why[512] = "";
	size_t		 len, rest;

	switch (config_list_add("c", text, size, "new", &with, &len, why,
	    sizeof(why))) {
	case LIST_EDITED:
		if (config_list_has("c", with, len, "new", why,
		    sizeof(why)) != 1)
			abort();
		if (config_list_remove("c", with, len, "new", &without, &rest,
		    why, sizeof(why)) == LIST_SAME)
			abort();
		free(without);
		free(with);
		break;
	case LIST_REFUSED:
		check_line(why);
		break;
	case LIST_SAME:
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct protocol_config	 c;
	char			*text, error[512] = "";
	int			 role;

	if (protocol_config_read(&c, "p", data, size, error,
	    sizeof(error)) == 0) {
		for (role = PROTOCOL_PROVIDER; role <= PROTOCOL_CONSUMER;
		    role++) {
			error[0] = '\0';
			if (protocol_config_check(&c,
			    (enum protocol_role)role, error,
			    sizeof(error)) == -1)
				check_line(error);
		}
		protocol_config_free(&c);
	} else
		check_line(error);
	if ((text = malloc(size + 1)) == NULL)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	edit(text, size);
	free(text);
	return 0;
}
