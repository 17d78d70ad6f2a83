/* fuzz: lavavisord/verifier/signature.c lavavisord/offline_rule.c */

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lavavisord/offline_rule.h"
#include "lavavisord/verifier/signature.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Public keys, trusted comments, and the names of local files */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct public_key	 key;
	struct semver		 v;
	const char		*why = NULL;
	char			*text, error[TEXT_SIZE], version[SEMVER_SIZE];

	if ((text = malloc(size + 1)) == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (public_key_parse(&key, text, &why) == -1 && why == NULL)
		abort();
	/* No comment says two versions at once without both as words. */
	if (trusted_comment_names(text, "lavap-v6.2.5-linux-amd64", "6.2.5",
	    "linux", "amd64") && strstr(text, "6.2.5") == NULL)
		abort();
	error[0] = '\0';
	if (offline_version("", text, "linux", "amd64", &v, error) == -1) {
		if (error[0] == '\0')
			abort();
	} else if (strstr(text, semver_text(&v, version, sizeof(version))) ==
	    NULL && strpbrk(text, "0") == NULL)
		abort();
	if (offline_version(text, "lavap", "linux", "amd64", &v, error) == 0 &&
	    !isdigit((unsigned char)text[0]))
		abort();
	free(text);
	return 0;
}
