#include <string.h>

#include "lavavisord/verifier/elf.h"

/* Offsets and values of the 64-bit header */
#define AT_CLASS	4
#define CLASS_64	2
#define AT_DATA		5
#define DATA_LITTLE	1
#define AT_IDENT	6
#define AT_OS_ABI	7
#define AT_TYPE		16
#define TYPE_EXEC	2
#define TYPE_DYN	3
#define AT_MACHINE	18
#define MACHINE_AMD64	62
#define MACHINE_ARM64	183
#define AT_VERSION	20
#define VERSION_CURRENT	1
#define AT_PHOFF	32
#define AT_EHSIZE	52
#define AT_PHENTSIZE	54
#define PHENTSIZE	56
#define AT_PHNUM	56
#define PH_BYTES_MAX	65536	/* of all of them; Linux runs no more */

#define ABI_LINUX	3
#define ABI_OPENBSD	12

static uint64_t		 little(const unsigned char *, size_t);

static const struct {
	const char		*sysname;
	const char		*names[2];	/* of uname -m */
	struct elf_target	 target;
} targets[] = {
	{ "Linux", { "x86_64", "amd64" },
	    { "linux", "amd64", MACHINE_AMD64, ABI_LINUX } },
	{ "Linux", { "aarch64", "arm64" },
	    { "linux", "arm64", MACHINE_ARM64, ABI_LINUX } },
	{ "OpenBSD", { "amd64", "x86_64" },
	    { "openbsd", "amd64", MACHINE_AMD64, ABI_OPENBSD } },
	{ "OpenBSD", { "arm64", "aarch64" },
	    { "openbsd", "arm64", MACHINE_ARM64, ABI_OPENBSD } }
};

const struct elf_target *
elf_target(const char *sysname, const char *machine)
{
	size_t	 i;

	for (i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		if (strcmp(sysname, targets[i].sysname) == 0 &&
		    (strcmp(machine, targets[i].names[0]) == 0 ||
		    strcmp(machine, targets[i].names[1]) == 0))
			return &targets[i].target;
	return NULL;
}

static uint64_t
little(const unsigned char *p, size_t width)
{
	uint64_t	 v = 0;
	size_t		 i;

	for (i = 0; i < width; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

int
elf_check(const void *head, size_t len, uint64_t size,
    const struct elf_target *target, int scripts, const char **why)
{
	const unsigned char	*p = head;
	uint64_t		 offset, table, type;

	if (len >= 2 && memcmp(p, "#!", 2) == 0) {
		*why = "is a script, and scripts are not allowed";
		if (!scripts)
			return -1;
		*why = "is a script without an absolute interpreter";
		return len >= 3 && p[2] == '/' ? 0 : -1;
	}
	*why = "is not an ELF program";
	if (len < ELF_HEADER_SIZE || memcmp(p, "\177ELF", 4) != 0)
		return -1;
	*why = "is not a 64-bit little-endian program";
	if (p[AT_CLASS] != CLASS_64 || p[AT_DATA] != DATA_LITTLE ||
	    p[AT_IDENT] != VERSION_CURRENT ||
	    little(p + AT_VERSION, 4) != VERSION_CURRENT)
		return -1;
	*why = "is a program for another machine";
	if (target == NULL || little(p + AT_MACHINE, 2) != target->machine)
		return -1;
	*why = "is a program for another system";
	if (p[AT_OS_ABI] != 0 && p[AT_OS_ABI] != target->os_abi)
		return -1;
	*why = "is an ELF file but not a program";
	type = little(p + AT_TYPE, 2);
	if (type != TYPE_EXEC && type != TYPE_DYN)
		return -1;
	*why = "is a damaged ELF program";
	offset = little(p + AT_PHOFF, 8);
	table = little(p + AT_PHNUM, 2) * PHENTSIZE;
	if (little(p + AT_EHSIZE, 2) != ELF_HEADER_SIZE ||
	    little(p + AT_PHENTSIZE, 2) != PHENTSIZE || table == 0 ||
	    table > PH_BYTES_MAX || offset < ELF_HEADER_SIZE || offset > size ||
	    table > size - offset)
		return -1;
	return 0;
}
