/* fuzz: lavavisord/verifier/elf.c */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lavavisord/verifier/elf.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/*
 * A header of a file that may be longer than what is seen of it.  What is
 * taken has its program headers inside the file, and is for this machine.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const	 machines[] = { "x86_64", "aarch64" };
	const struct elf_target		*target;
	const char			*why;
	uint64_t			 length, offset = 0;
	size_t				 i, bytes;

	if (size < 1)
		return 0;
	length = (uint64_t)(size - 1) << (data[0] & 31);
	target = elf_target(data[0] & 64 ? "OpenBSD" : "Linux",
	    machines[data[0] >> 7]);
	why = NULL;
	if (elf_check(data + 1, size - 1, length, target, data[0] & 32,
	    &why) == -1) {
		if (why == NULL)
			abort();
		return 0;
	}
	if (data[1] == '#') {
		if ((data[0] & 32) == 0)
			abort();
		return 0;
	}
	if (size - 1 < ELF_HEADER_SIZE || data[1 + 18] != target->machine)
		abort();
	for (i = 0; i < 8; i++)
		offset |= (uint64_t)data[1 + 32 + i] << (8 * i);
	bytes = (size_t)(data[1 + 56] | data[1 + 57] << 8) * 56;
	if (bytes == 0 || offset > length || bytes > length - offset)
		abort();
	return 0;
}
