/* fuzz: lavavisord/verifier/signature.c */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "lavavisord/verifier/signature.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Key files and both kinds of signature; none of them verifies anything. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct public_key	 key;
	struct public_key		 read_key;
	struct signature		 sig;
	const char			*why;
	char				*text, id[KEY_ID_TEXT];

	if (signify_parse(&sig, (const char *)data, size, &why) == 0) {
		memcpy(key.id, sig.id, sizeof(key.id));
		if (signature_verify(&sig, &key, data, size) == 0)
			abort();
	}
	if (minisign_parse(&sig, (const char *)data, size, &why) == 0) {
		memcpy(key.id, sig.id, sizeof(key.id));
		if (signature_verify(&sig, &key, data, size) == 0)
			abort();
		trusted_comment_names(sig.trusted, "lavap-v6.2.5-linux-amd64",
		    "6.2.5", "linux", "amd64");
	}
	if ((text = malloc(size + 1)) == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (public_key_parse(&read_key, text, &why) == 0)
		key_id_text(read_key.id, id);
	free(text);
	return 0;
}
