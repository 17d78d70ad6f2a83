/*
 * Every message of the catalogue, walked by its own table of fields: what is
 * packed comes back, and whatever is not exactly right is refused.
 */

#include <sys/types.h>
#include <sys/socket.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <imsg.h>

#include "common/message.h"
#include "common/message_fields.h"

#define BUFFER	(MAX_IMSGSIZE - IMSG_HEADER_SIZE)

static unsigned char	 buf[BUFFER], again[BUFFER];

static void	*make(enum message_type, int, size_t *);
static size_t	 pack(enum message_type, const void *);
static void	 refuse(enum message_type, size_t);
static void	 set(unsigned char *, const struct field *, int);
static size_t	 wire_size(const struct field *, int);

enum { LEAST, MOST };

/* Nothing, or the most that the field takes */
static void
set(unsigned char *m, const struct field *f, int how)
{
	uint64_t	 max = f->max;
	uint32_t	 max32;
	unsigned char	*to = m + f->offset;

	if (how == LEAST)
		return;
	switch (f->kind) {
	case FIELD_U8:
		*to = (unsigned char)max;
		break;
	case FIELD_U32:
		max32 = (uint32_t)max;
		memcpy(to, &max32, sizeof(max32));
		break;
	case FIELD_TEXT:
		memset(to, '~', f->size - 1);
		to[0] = ' ';
		to[f->size - 3] = 0xc3;	/* a character that ends it */
		to[f->size - 2] = 0xbf;
		break;
	case FIELD_LINES:
		memset(to, 'x', f->size - 1);
		to[0] = '\n';
		to[f->size - 2] = '\t';
		break;
	default:
		memset(to, 0xff, f->size);
		break;
	}
}

static size_t
wire_size(const struct field *f, int how)
{
	if (f->kind == FIELD_TEXT || f->kind == FIELD_LINES)
		return how == LEAST ? 2 : 2 + f->size - 1;
	return f->size;
}

static size_t
pack(enum message_type type, const void *m)
{
	ssize_t	 n = message_pack(type, m, buf, sizeof(buf));

	assert_true(n > 0);
	return (size_t)n;
}

static void
refuse(enum message_type type, size_t len)
{
	const char	*why = NULL;
	size_t		 size = message_layouts[type].size;
	void		*m, *tight;

	assert_non_null(m = malloc(size));
	/* A copy of just that length, so that a sanitizer sees a read beyond */
	assert_non_null(tight = malloc(len > 0 ? len : 1));
	memcpy(tight, buf, len);
	if (message_unpack(type, tight, len, m, size, &why) != -1)
		fail_msg("%s of %zu bytes was taken", message_name(type), len);
	assert_non_null(why);
	free(tight);
	free(m);
}

/* Fills a message, and says what it must take on the wire. */
static void *
make(enum message_type type, int how, size_t *len)
{
	const struct field	*f;
	unsigned char		*m;

	assert_non_null(m = calloc(1, message_layouts[type].size));
	*len = 0;
	for (f = message_layouts[type].fields; f->kind != FIELD_END; f++) {
		set(m, f, how);
		*len += wire_size(f, how);
	}
	return m;
}

#define FOR_EACH_TYPE(type)						\
	for (type = MSG_NONE + 1; type < MSG_TYPES; type++)		\
		if (message_layouts[type].fields != NULL)

static void
extremes_come_back(void **state)
{
	const char	*why;
	size_t		 len, size;
	void		*m, *back;
	int		 how, type;

	(void)state;
	FOR_EACH_TYPE(type)
		for (how = LEAST; how <= MOST; how++) {
			size = message_layouts[type].size;
			m = make(type, how, &len);
			assert_int_equal(pack(type, m), len);
			memcpy(again, buf, len);
			assert_non_null(back = malloc(size));
			memset(back, 0xa5, size);
			assert_int_equal(message_unpack(type, buf, len, back,
			    size, &why), 0);
			assert_int_equal(pack(type, back), len);
			assert_memory_equal(buf, again, len);
			free(back);
			free(m);
		}
}

static void
only_the_exact_length_is_taken(void **state)
{
	size_t	 i, len;
	void	*m;
	int	 how, type;

	(void)state;
	FOR_EACH_TYPE(type)
		for (how = LEAST; how <= MOST; how++) {
			m = make(type, how, &len);
			assert_int_equal(pack(type, m), len);
			for (i = 0; i < len; i++)
				refuse(type, i);
			if (len < sizeof(buf)) {
				buf[len] = 0;
				refuse(type, len + 1);
			}
			for (i = 0; i < len; i++)
				assert_int_equal(message_pack(type, m, again,
				    i), -1);
			free(m);
		}
}

/* One more than the maximum, and every number with all bits set */
static void
numbers_have_their_range(void **state)
{
	const struct field	*f;
	uint32_t		 over32;
	size_t			 at, len;
	void			*m;
	unsigned char		*bytes;
	int			 type;

	(void)state;
	FOR_EACH_TYPE(type) {
		m = make(type, MOST, &len);
		bytes = m;
		at = 0;
		for (f = message_layouts[type].fields; f->kind != FIELD_END;
		    at += wire_size(f, MOST), f++) {
			if (f->kind == FIELD_U8 && f->max < UINT8_MAX) {
				pack(type, m);
				buf[at]++;
				refuse(type, len);
				buf[at] = UINT8_MAX;
				refuse(type, len);
				bytes[f->offset]++;
				assert_int_equal(message_pack(type, m, again,
				    sizeof(again)), -1);
				bytes[f->offset]--;
			}
			if (f->kind == FIELD_U32 && f->max < UINT32_MAX) {
				over32 = (uint32_t)f->max + 1;
				pack(type, m);
				buf[at] = over32 & 0xff;
				buf[at + 1] = over32 >> 8 & 0xff;
				buf[at + 2] = over32 >> 16 & 0xff;
				buf[at + 3] = over32 >> 24;
				refuse(type, len);
				memset(buf + at, 0xff, 4);
				refuse(type, len);
			}
		}
		free(m);
	}
}

static void
text_is_printable_and_fits(void **state)
{
	const struct field	*f;
	size_t			 at, len;
	void			*m;
	int			 c, lines, type;

	(void)state;
	FOR_EACH_TYPE(type) {
		m = make(type, MOST, &len);
		at = 0;
		for (f = message_layouts[type].fields; f->kind != FIELD_END;
		    at += wire_size(f, MOST), f++) {
			if (f->kind != FIELD_TEXT && f->kind != FIELD_LINES)
				continue;
			lines = f->kind == FIELD_LINES;
			for (c = 0; c <= 0x7f; c = c == 0x1f ? 0x7f : c + 1) {
				if (lines && (c == '\n' || c == '\t'))
					continue;
				pack(type, m);
				buf[at + 2 + (f->size - 1) / 2] =
				    (unsigned char)c;
				refuse(type, len);
			}
			/* Longer than its field, longer than the message */
			pack(type, m);
			buf[at] = (unsigned char)f->size;
			buf[at + 1] = (unsigned char)(f->size >> 8);
			refuse(type, len);
			buf[at] = buf[at + 1] = 0xff;
			refuse(type, len);
		}
		free(m);
	}
}

static void
text_without_end_is_not_packed(void **state)
{
	const struct field	*f;
	unsigned char		*m;
	size_t			 len;
	int			 type;

	(void)state;
	FOR_EACH_TYPE(type)
		for (f = message_layouts[type].fields; f->kind != FIELD_END;
		    f++) {
			if (f->kind != FIELD_TEXT && f->kind != FIELD_LINES)
				continue;
			m = make(type, MOST, &len);
			m[f->offset + f->size - 1] = 'x';
			assert_int_equal(message_pack(type, m, again,
			    sizeof(again)), -1);
			free(m);
		}
}

static void
every_message_fits_and_has_a_name(void **state)
{
	size_t	 len;
	int	 type;

	(void)state;
	for (type = MSG_NONE + 1; type < MSG_TYPES; type++) {
		assert_string_not_equal(message_name((uint32_t)type),
		    "unknown");
		if (message_layouts[type].fields == NULL)
			continue;
		free(make(type, MOST, &len));
		assert_true(len <= BUFFER);
	}
	assert_string_equal(message_name(MSG_NONE), "unknown");
	assert_string_equal(message_name(MSG_TYPES), "unknown");
	assert_string_equal(message_name(UINT32_MAX), "unknown");
}

static void
wrong_types_and_sizes(void **state)
{
	struct msg_slot	 slot = { 4 };
	const char	*why = NULL;
	size_t		 len = pack(MSG_SERVICE_FIFO, &slot);

	(void)state;
	assert_int_equal(message_unpack(MSG_SERVICE_FIFO, buf, len, &slot,
	    sizeof(slot) - 1, &why), -1);
	assert_non_null(why);
	assert_int_equal(message_unpack(MSG_NODES_END, buf, 0, &slot, 0, &why),
	    -1);
	assert_int_equal(message_unpack(MSG_TYPES, buf, len, &slot,
	    sizeof(slot), &why), -1);
	assert_int_equal(message_unpack((enum message_type)-1, buf, len, &slot,
	    sizeof(slot), &why), -1);
	assert_int_equal(message_pack(MSG_TYPES, &slot, buf, sizeof(buf)), -1);
	assert_int_equal(message_pack(MSG_CA, &slot, buf, sizeof(buf)), -1);
}

/* The same through a socket: type, presence and length of the payload */
static void
read_from_an_imsg(void **state)
{
	struct imsgbuf	 a, b;
	struct imsg	 imsg;
	struct msg_slot	 slot = { 77 };
	const char	*why;
	size_t		 len = pack(MSG_SERVICE_FIFO, &slot);
	int		 i, sv[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	assert_int_equal(imsgbuf_init(&a, sv[0]), 0);
	assert_int_equal(imsgbuf_init(&b, sv[1]), 0);
	imsg_compose(&a, MSG_SERVICE_FIFO, 0, 0, -1, buf, len);
	imsg_compose(&a, MSG_SERVICE_LOG, 0, 0, -1, buf, len);
	imsg_compose(&a, MSG_SERVICE_FIFO, 0, 0, -1, NULL, 0);
	imsg_compose(&a, MSG_SERVICE_FIFO, 0, 0, -1, buf, len - 1);
	assert_int_equal(imsgbuf_flush(&a), 0);
	assert_int_equal(imsgbuf_read(&b), 1);
	for (i = 0; i < 4; i++) {
		assert_int_equal(imsgbuf_get(&b, &imsg), 1);
		slot.slot = 0;
		why = NULL;
		assert_int_equal(message_read(&imsg, MSG_SERVICE_FIFO, &slot,
		    sizeof(slot), &why), i == 0 ? 0 : -1);
		if (i == 0)
			assert_int_equal(slot.slot, 77);
		else
			assert_non_null(why);
		imsg_free(&imsg);
	}
	imsgbuf_clear(&a);
	imsgbuf_clear(&b);
	close(sv[0]);
	close(sv[1]);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(extremes_come_back),
		cmocka_unit_test(only_the_exact_length_is_taken),
		cmocka_unit_test(numbers_have_their_range),
		cmocka_unit_test(text_is_printable_and_fits),
		cmocka_unit_test(text_without_end_is_not_packed),
		cmocka_unit_test(every_message_fits_and_has_a_name),
		cmocka_unit_test(wrong_types_and_sizes),
		cmocka_unit_test(read_from_an_imsg)
	};

	return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
