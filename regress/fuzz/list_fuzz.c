/* fuzz: lavavisord/verifier/checksum_list.c lavavisord/verifier/elf.c */
/* fuzz: lavavisord/downloader/resume.c */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lavavisord/downloader/resume.h"
#include "lavavisord/verifier/checksum_list.h"
#include "lavavisord/verifier/elf.h"

#define NAME	"lavap-v6.2.5-linux-amd64"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* A list, a file of unknown kind, and the header fields of a server */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct content_range	 range;
	const char		*why = NULL;
	char			*text;
	uint8_t			 hash[SHA256_SIZE], again[SHA256_SIZE];

	if (checksum_list_find((const char *)data, size, NAME, hash, &why) ==
	    -1) {
		if (why == NULL)
			abort();
	} else if (checksum_list_find((const char *)data, size, NAME, again,
	    &why) == -1 || memcmp(hash, again, sizeof(hash)) != 0)
		abort();
	elf_check(data, size, size, elf_target("Linux", "x86_64"), 1, &why);
	if ((text = malloc(size + 1)) == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (content_range_parse(text, &range) == 0 && !range.unsatisfied &&
	    range.first > range.last)
		abort();
	etag_is_strong(text, 128);
	checksum_name_is_fine(text);
	free(text);
	return 0;
}
