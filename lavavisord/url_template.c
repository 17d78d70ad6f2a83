#include <stdio.h>
#include <string.h>

#include "common/message.h"
#include "lavavisord/fetch.h"
#include "lavavisord/url_template.h"

int
url_template(const char *template, const char *version, const char *name,
    char *url, size_t size)
{
	char		 binary[128], os[32], arch[32];
	const char	*p, *with;
	size_t		 len, skip, n = 0;
	int		 r;

	/* "lavap-v6.2.5-linux-amd64" ends with the two words wanted here. */
	os[0] = arch[0] = '\0';
	fetch_binary_name("0", binary, sizeof(binary));
	if ((p = strchr(binary, '-')) != NULL && (p = strchr(p + 1, '-')) !=
	    NULL)
		(void)sscanf(p, "-%31[^-]-%31s", os, arch);
	for (p = template; *p != '\0';) {
		skip = 1;
		with = NULL;
		if (strncmp(p, "{version}", 9) == 0) {
			with = version;
			skip = 9;
		} else if (strncmp(p, "{os}", 4) == 0) {
			with = os;
			skip = 4;
		} else if (strncmp(p, "{arch}", 6) == 0) {
			with = arch;
			skip = 6;
		}
		len = with != NULL ? strlen(with) : 1;
		if (n + len + 1 > size)
			return -1;
		memcpy(url + n, with != NULL ? with : p, len);
		n += len;
		p += skip;
	}
	r = snprintf(url + n, size - n, "/%s", name);
	return r < 0 || (size_t)r >= size - n ? -1 : 0;
}
