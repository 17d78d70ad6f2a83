/* fuzz: lavavisord/window.c */
/* fuzz: lavavisord/config.c lavavisord/config_accounts.c */
/* fuzz: lavavisord/config_argv.c lavavisord/config_diff.c */
/* fuzz: lavavisord/config_check.c lavavisord/config_hooks.c */
/* fuzz: lavavisord/fork_child.c */
/* fuzz: lavavisord/config_files.c lavavisord/config_passphrase.c */
/* fuzz: lavavisord/config_listen.c lavavisord/config_main.c */
/* fuzz: lavavisord/config_schema.c lavavisord/config_service.c */
/* fuzz: lavavisord/config_values.c common/yaml_tree.c */
/*
 * Any text as config.yml, as a service file and as lavap's own file.  What is
 * taken must be equal to itself; what is refused must say so in one line.
 */
#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lavavisord/config.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_line(const char *error)
{
	if (error[0] == '\0' || strchr(error, '\n') != NULL)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char	 one[] = "services: [a]\n";
	struct config_address	 list[8];
	struct config_diff	 diff;
	struct config		*c;
	char			 error[CONFIG_ERROR_SIZE] = "";

	if (config_parse_memory("c", data, size, "/d", &c, error,
	    sizeof(error)) == 0) {
		config_diff(c, c, &diff);
		if (diff.monitor || diff.policy || diff.releases ||
		    diff.sandbox || diff.changes_count > 0)
			abort();
		config_diff_free(&diff);
		config_free(c);
	} else
		check_line(error);

	if (config_parse_memory("c", one, sizeof(one) - 1, "/d", &c, error,
	    sizeof(error)) == -1)
		abort();
	error[0] = '\0';
	if (config_parse_service(c, &c->services[0], "s", data, size, error,
	    sizeof(error)) == 0) {
		if (c->services[0].argc == 0 || !config_service_equal(
		    &c->services[0], &c->services[0]))
			abort();
	} else
		check_line(error);
	config_free(c);

	error[0] = '\0';
	if (config_listen_memory("p", data, size, READY_HTTP, list, 8, error,
	    sizeof(error)) == -1)
		check_line(error);
	return 0;
}
