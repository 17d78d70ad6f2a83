/* fuzz: lavavisorctl/local/unit_file.c */
/*
 * Any bytes as a unit file, and each of its values as words, command and time.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lavavisorctl/local/unit_file.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct unit_file	 u;
	struct unit_words	 w;
	struct unit_command	 c;
	char			 why[128];
	unsigned int		 seconds;
	size_t			 i, cut = size / 2;

	memset(&u, 0, sizeof(u));
	unit_file_read(&u, (const char *)data, cut, why, sizeof(why));
	unit_file_read(&u, (const char *)data + cut, size - cut, why,
	    sizeof(why));
	for (i = 0; i < u.count; i++) {
		if (strchr(u.lines[i].value, '\n') != NULL)
			abort();
		if (unit_words_split(&w, u.lines[i].value, why,
		    sizeof(why)) == 0)
			unit_words_free(&w);
		if (unit_command_split(&c, u.lines[i].value, why,
		    sizeof(why)) == 0) {
			if (c.words.count == 0)
				abort();
			unit_words_free(&c.words);
		}
		unit_seconds(u.lines[i].value, &seconds);
	}
	unit_file_find(&u, "Service", "ExecStart");
	unit_file_free(&u);
	return 0;
}
