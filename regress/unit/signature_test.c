/*
 * Keys and signatures below were made by the real signify (OpenBSD) and
 * minisign 0.11; every way of tampering with them must be noticed.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lavavisord/verifier/signature.h"

static const char	 list[] =
    "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881  lavap-v6.2.5-linux-amd64\n";
static const char	 signify_key[] =
    "untrusted comment: test key public key\n"
    "RWTQ9mPETBcxtaC6K8+ryrlCQ3u2v8vpX1MMBOxLVaT1C2mMzaAI9J4l\n";
static const char	 other_key[] =
    "untrusted comment: other public key\n"
    "RWS3b1iCb05nIAOizcfUFJZXenF/z7E7Eh7bJxF9DrY04bcUf4A9wcVu\n";
static const char	 minisign_key[] =
    "untrusted comment: minisign public key 9ACAB8FAB18C25F7\n"
    "RWT3JYyx+rjKmh3biBD/beP5Y3MMH4okMW6LHkrtqPDOOYp2p4Q3st27\n";
static const char	 signify_sig[] =
    "untrusted comment: verify with s.pub\n"
    "RWTQ9mPETBcxtTzbGRoteTJuwexS5KegmtxIV+2pK8OCgDcjRa3xGNmV7/Vl5qFcnl358v/bTmQCEv9KMoQPDmfpVcS2LSMjXQo=\n";
static const char	 minisig_digest[] =
    "untrusted comment: signature from minisign secret key\n"
    "RUT3JYyx+rjKmm1soa3GzW8DcC/x9//Z1Q/6Gjrx8y6oLh3lTm0wzjAmIzcyHssP3J6mqACtUa7Fr1EXTH3HBqmqUp18ni7whAo=\n"
    "trusted comment: file:lavap-v6.2.5-linux-amd64\n"
    "aozrZmRrRn7+zj7/zRnHLnfr/vzHN4EqHmou3g0nt1ggcFwWgaeg687aCXj6TNp/hiuVQUyFGuELOwAK4w+cCg==\n";
static const char	 minisig_legacy[] =
    "untrusted comment: signature from minisign secret key\n"
    "RWT3JYyx+rjKmue7IscQHsQLCu5mIv2jbTaiE7xOzDMOJl4IcKGszXzh6MQyDO8E59mqjF22AgKtVtFWOd2yjzD5AhZmxxfHEA4=\n"
    "trusted comment: hello\n"
    "qlenvsvfGC/g52KQwWtsQj5FSXYFVLINF4ZppIs+x0HK5CdZyk6M74yP97cqzWfBaGJFxtVl8pz+nB2WRtHuDA==\n";

typedef int	(*parser)(struct signature *, const char *, size_t,
		    const char **);

static struct public_key	 keys[3];	/* signify, other, minisign */

static int
load(void **state)
{
	const char	*why;

	(void)state;
	if (sodium_init() == -1 ||
	    public_key_parse(&keys[0], signify_key, &why) == -1 ||
	    public_key_parse(&keys[1], other_key, &why) == -1 ||
	    public_key_parse(&keys[2], minisign_key, &why) == -1)
		return -1;
	return 0;
}

/* 0 when text, of len bytes, is a signature of the list by the key */
static int
verify(parser parse, const char *text, size_t len,
    const struct public_key *key)
{
	struct signature	 sig;
	const char		*why;
	char			*exact;
	int			 rc;

	/* A copy of exactly this length, for the sanitizers. */
	exact = malloc(len == 0 ? 1 : len);
	assert_non_null(exact);
	memcpy(exact, text, len);
	rc = parse(&sig, exact, len, &why);
	free(exact);
	if (rc == -1)
		return -1;
	return signature_verify(&sig, key, list, strlen(list));
}

static void
good_ones(void **state)
{
	struct signature	 sig;
	const char		*why;
	char			 id[KEY_ID_TEXT];

	(void)state;
	assert_int_equal(verify(signify_parse, signify_sig,
	    strlen(signify_sig), &keys[0]), 0);
	assert_int_equal(verify(minisign_parse, minisig_digest,
	    strlen(minisig_digest), &keys[2]), 0);
	assert_int_equal(verify(minisign_parse, minisig_legacy,
	    strlen(minisig_legacy), &keys[2]), 0);
	assert_int_equal(minisign_parse(&sig, minisig_digest,
	    strlen(minisig_digest), &why), 0);
	assert_true(sig.prehashed);
	assert_string_equal(sig.trusted, "file:lavap-v6.2.5-linux-amd64");
	key_id_text(sig.id, id);
	assert_non_null(strstr(minisign_key, id));
}

static void
wrong_key(void **state)
{
	struct public_key	 k;

	(void)state;
	assert_int_equal(verify(signify_parse, signify_sig,
	    strlen(signify_sig), &keys[1]), -1);
	assert_int_equal(verify(minisign_parse, minisig_digest,
	    strlen(minisig_digest), &keys[0]), -1);
	/* The right key under another id, another key under the right id */
	k = keys[0];
	k.id[7] ^= 1;
	assert_int_equal(verify(signify_parse, signify_sig,
	    strlen(signify_sig), &k), -1);
	k = keys[1];
	memcpy(k.id, keys[0].id, sizeof(k.id));
	assert_int_equal(verify(signify_parse, signify_sig,
	    strlen(signify_sig), &k), -1);
}

/* Each bit of each byte from the second line on, each length, each insertion */
static void
tamper(parser parse, const char *good, const struct public_key *key)
{
	static const char	 junk[] = "\n\r \0=A";
	size_t			 i, j, start, len = strlen(good);
	char			*text;

	start = (size_t)(strchr(good, '\n') - good);
	text = malloc(len + 1);
	assert_non_null(text);
	for (i = start; i < len; i++)
		for (j = 0; j < 8; j++) {
			memcpy(text, good, len);
			text[i] ^= (char)(1 << j);
			if (verify(parse, text, len, key) == 0)
				fail_msg("bit %zu of byte %zu", j, i);
		}
	for (i = 0; i < len; i++)
		if (verify(parse, good, i, key) == 0)
			fail_msg("cut at %zu", i);
	for (i = start; i <= len; i++)
		for (j = 0; j < sizeof(junk) - 1; j++) {
			memcpy(text, good, i);
			text[i] = junk[j];
			memcpy(text + i + 1, good + i, len - i);
			if (i > start && verify(parse, text, len + 1, key) == 0)
				fail_msg("byte %zu put in at %zu", j, i);
		}
	free(text);
}

static void
tampered(void **state)
{
	(void)state;
	tamper(signify_parse, signify_sig, &keys[0]);
	tamper(minisign_parse, minisig_digest, &keys[2]);
	tamper(minisign_parse, minisig_legacy, &keys[2]);
}

static void
other_layouts(void **state)
{
	char	 text[8192];
	size_t	 n;

	(void)state;
	/* A blank line before, and a file in signify's embedded form */
	snprintf(text, sizeof(text), "\n%s", signify_sig);
	assert_int_equal(verify(signify_parse, text, strlen(text), &keys[0]),
	    -1);
	snprintf(text, sizeof(text), "%s%s", signify_sig, list);
	assert_int_equal(verify(signify_parse, text, strlen(text), &keys[0]),
	    -1);
	/* Each kind by the other's parser */
	assert_int_equal(verify(minisign_parse, signify_sig,
	    strlen(signify_sig), &keys[0]), -1);
	assert_int_equal(verify(signify_parse, minisig_legacy,
	    strlen(minisig_legacy), &keys[2]), -1);
	/* A comment of 1024 bytes will do, of 1025 not */
	for (n = 1024; n <= 1025; n++) {
		memcpy(text, "untrusted comment: ", 19);
		memset(text + 19, 'x', n);
		snprintf(text + 19 + n, sizeof(text) - 19 - n, "%s",
		    strchr(signify_sig, '\n'));
		assert_int_equal(verify(signify_parse, text, strlen(text),
		    &keys[0]), n == 1024 ? 0 : -1);
	}
	memset(text, 'x', sizeof(text));
	assert_int_equal(verify(signify_parse, text, sizeof(text), &keys[0]),
	    -1);
	assert_int_equal(verify(signify_parse, "", 0, &keys[0]), -1);
}

/* A file that went through a mail, or through another system's editor */
static void
every_line_end(void **state)
{
	static const char *const	 texts[] = { signify_sig,
					    minisig_digest, minisig_legacy };
	char				 text[1024];
	size_t				 i, n;
	const char			*p;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		for (n = 0, p = texts[i]; *p != '\0'; p++) {
			if (*p == '\n')
				text[n++] = '\r';
			text[n++] = *p;
		}
		assert_int_equal(verify(i == 0 ? signify_parse :
		    minisign_parse, text, n, &keys[i == 0 ? 0 : 2]), -1);
	}
}

/* "Ed" and "ED" as each other: a digest is no message, nor the reverse */
static void
other_algorithm(void **state)
{
	char	 text[1024], *p;

	(void)state;
	snprintf(text, sizeof(text), "%s", minisig_digest);
	assert_non_null(p = strstr(text, "\nRU"));
	p[2] = 'W';
	assert_int_equal(verify(minisign_parse, text, strlen(text), &keys[2]),
	    -1);
	snprintf(text, sizeof(text), "%s", minisig_legacy);
	assert_non_null(p = strstr(text, "\nRW"));
	p[2] = 'U';
	assert_int_equal(verify(minisign_parse, text, strlen(text), &keys[2]),
	    -1);
	snprintf(text, sizeof(text), "%s", signify_sig);
	assert_non_null(p = strstr(text, "\nRW"));
	p[2] = 'U';
	assert_int_equal(verify(signify_parse, text, strlen(text), &keys[0]),
	    -1);
}

/* The global signature of another file, by the same key */
static void
mixed_comments(void **state)
{
	char		 text[1024];
	const char	*tail;

	(void)state;
	assert_non_null(tail = strstr(minisig_legacy, "\ntrusted comment: "));
	snprintf(text, sizeof(text), "%.*s%s", (int)(strstr(minisig_digest,
	    "\ntrusted comment: ") - minisig_digest), minisig_digest, tail);
	assert_int_equal(verify(minisign_parse, text, strlen(text), &keys[2]),
	    -1);
}

static void
another_message(void **state)
{
	struct signature	 sig;
	const char		*why;
	char			 text[sizeof(list)];

	(void)state;
	memcpy(text, list, sizeof(list));
	text[0] ^= 1;
	assert_int_equal(signify_parse(&sig, signify_sig, strlen(signify_sig),
	    &why), 0);
	assert_int_equal(signature_verify(&sig, &keys[0], text,
	    strlen(text)), -1);
	assert_int_equal(signature_verify(&sig, &keys[0], list,
	    strlen(list) - 1), -1);
	assert_int_equal(minisign_parse(&sig, minisig_digest,
	    strlen(minisig_digest), &why), 0);
	assert_int_equal(signature_verify(&sig, &keys[2], text,
	    strlen(text)), -1);
	assert_int_equal(signature_verify(&sig, &keys[2], "", 0), -1);
	/* A legacy one is never taken for one over the digest */
	sig.prehashed = 0;
	assert_int_equal(signature_verify(&sig, &keys[2], list,
	    strlen(list)), -1);
}

/* S and S + L verify alike in careless code (RFC 8032, 5.1.7) */
static void
malleated(void **state)
{
	static const uint8_t	 order[32] = {
		0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
		0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10
	};
	struct signature	 sig;
	const char		*why;
	unsigned int		 i, carry = 0;

	(void)state;
	assert_int_equal(signify_parse(&sig, signify_sig, strlen(signify_sig),
	    &why), 0);
	for (i = 0; i < 32; i++) {
		carry += sig.bytes[32 + i] + order[i];
		sig.bytes[32 + i] = (uint8_t)carry;
		carry >>= 8;
	}
	assert_int_equal(signature_verify(&sig, &keys[0], list,
	    strlen(list)), -1);
}

/* Under the neutral element any message has a signature: R = S = neutral, 0 */
static void
small_order_key(void **state)
{
	struct signature	 sig;
	struct public_key	 k = keys[0];

	(void)state;
	memset(&sig, 0, sizeof(sig));
	memcpy(sig.id, k.id, sizeof(sig.id));
	memset(k.key, 0, sizeof(k.key));
	k.key[0] = 1;
	sig.bytes[0] = 1;
	assert_int_equal(signature_verify(&sig, &k, list, strlen(list)), -1);
}

static void
key_files(void **state)
{
	struct public_key	 k;
	const char		*why;
	char			 text[2048];
	size_t			 i, len = strlen(signify_key);

	(void)state;
	memcpy(text, signify_key, len + 1);
	text[len - 1] = '\0';
	assert_int_equal(public_key_parse(&k, text, &why), 0);
	for (i = 0; i < len - 1; i++) {
		memcpy(text, signify_key, i);
		text[i] = '\0';
		assert_int_equal(public_key_parse(&k, text, &why), -1);
	}
	snprintf(text, sizeof(text), "%s%s", signify_key, other_key);
	assert_int_equal(public_key_parse(&k, text, &why), -1);
	snprintf(text, sizeof(text), "%s\n", signify_key);
	assert_int_equal(public_key_parse(&k, text, &why), -1);
	assert_int_equal(public_key_parse(&k, signify_sig, &why), -1);
	/* RWS begins with "Ed" as RWT does, RXS does not */
	memcpy(text, signify_key, len + 1);
	strchr(text, '\n')[3] = 'S';
	assert_int_equal(public_key_parse(&k, text, &why), 0);
	strchr(text, '\n')[2] = 'X';
	assert_int_equal(public_key_parse(&k, text, &why), -1);
	assert_non_null(strstr(why, "algorithm"));
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(public_key_parse(&k, text, &why), -1);
}

struct comment_case {
	const char	*comment;
	const char	*file_name;
	const char	*version;
	int		 names;
};

static const struct comment_case	 comments[] = {
	{ "file:lavap-v6.2.5-linux-amd64", NULL, NULL, 1 },
	{ "lavap-v6.2.5-linux-amd64", NULL, NULL, 1 },
	{ "timestamp:1700000000\tfile:lavap-v6.2.5-linux-amd64\thashed",
	    NULL, NULL, 1 },
	{ "version:6.2.5 os:linux arch:amd64", NULL, NULL, 1 },
	{ "lavap v6.2.5 amd64 linux", NULL, NULL, 1 },
	{ "  lavap\t6.2.5  linux amd64 ", NULL, NULL, 1 },
	{ "", NULL, NULL, 0 },
	{ "   ", NULL, NULL, 0 },
	{ "file:lavap", NULL, NULL, 0 },
	{ "version:6.2.5 os:linux", NULL, NULL, 0 },
	{ "version:6.2.5 arch:amd64", NULL, NULL, 0 },
	{ "os:linux arch:amd64", NULL, NULL, 0 },
	{ "version:6.2.50 os:linux arch:amd64", NULL, NULL, 0 },
	{ "version:16.2.5 os:linux arch:amd64", NULL, NULL, 0 },
	{ "version:6.2.5-rc1 os:linux arch:amd64", NULL, NULL, 0 },
	{ "version:6.2.5 os:linux arch:arm64", NULL, NULL, 0 },
	{ "version:6.2.5 os:openbsd arch:amd64", NULL, NULL, 0 },
	{ "file:lavap-v6.2.4-linux-amd64", NULL, NULL, 0 },
	{ "file:lavap-v6.2.5-linux-amd64.old", NULL, NULL, 0 },
	{ "file:old-lavap-v6.2.5-linux-amd64", NULL, NULL, 0 },
	{ "a:b:lavap-v6.2.5-linux-amd64", NULL, NULL, 0 },
	/* A name that says nothing binds nothing */
	{ "file:lavap", "lavap", NULL, 0 },
	{ "file:lavap-linux-amd64", "lavap-linux-amd64", NULL, 0 },
	{ "file:lavap-v6.2.50-linux-amd64", "lavap-v6.2.50-linux-amd64",
	    NULL, 0 },
	{ "file:lavap-v16.2.5-linux-amd64", "lavap-v16.2.5-linux-amd64",
	    NULL, 0 },
	{ "file:lavap-6.2.5-linux-amd64", "lavap-6.2.5-linux-amd64", NULL,
	    1 },
	{ "file:lavap-v6.2.5-linux-amd64", NULL, "", 0 }
};

static void
trusted_comments(void **state)
{
	const struct comment_case	*c;
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(comments) / sizeof(comments[0]); i++) {
		c = &comments[i];
		if (trusted_comment_names(c->comment, c->file_name == NULL ?
		    "lavap-v6.2.5-linux-amd64" : c->file_name,
		    c->version == NULL ? "6.2.5" : c->version, "linux",
		    "amd64") != c->names)
			fail_msg("\"%s\"", c->comment);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(good_ones),
		cmocka_unit_test(wrong_key),
		cmocka_unit_test(tampered),
		cmocka_unit_test(other_layouts),
		cmocka_unit_test(every_line_end),
		cmocka_unit_test(other_algorithm),
		cmocka_unit_test(mixed_comments),
		cmocka_unit_test(another_message),
		cmocka_unit_test(malleated),
		cmocka_unit_test(small_order_key),
		cmocka_unit_test(key_files),
		cmocka_unit_test(trusted_comments)
	};

	return cmocka_run_group_tests(tests, load, NULL) == 0 ? 0 : 1;
}
