#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <sodium.h>

#include "common/hex.h"
#include "common/log.h"
#include "lavavisord/verifier/job.h"

#define PIECE_SIZE	((size_t)256 * 1024)
#define STEP_PIECES	4

struct job_copy {
	unsigned char		 piece[PIECE_SIZE];
	unsigned char		 head[ELF_HEADER_SIZE];
	size_t			 head_len;
	EVP_MD_CTX		*sha256;
	int			 has_listed;
	uint8_t			 listed[SHA256_SIZE];
	int			 has_want;
	uint8_t			 want[SHA256_SIZE];
	struct signature	 signature;	/* over the binary itself */
	int			 sign_digest;	/* 1: signature is in use */
	crypto_generichash_state blake2b;
};

static enum job_state	 bad(struct job *, const char *, ...)
			    __attribute__((__format__(__printf__, 2, 3)));
static enum job_state	 bad_file(struct job *, enum verify_file,
			    const char *);
static int		 check_digest(struct job *);
static int		 check_files(struct job *);
static int		 check_hashes(struct job *, const uint8_t *);
static int		 check_kinds(struct job *);
static int		 check_list(struct job *, const char *, size_t);
static int		 check_signatures(struct job *, const char *, size_t);
static int		 check_trusted_comment(struct job *);
static int		 copy_piece(struct job *, size_t);
static enum job_state	 finish(struct job *);
static enum job_state	 good(struct job *);
static int		 one_signature(struct job *, enum verify_file,
			    const char *, size_t);
static void		 over_size(struct job *);
static char		*read_small(struct job *, enum verify_file, size_t,
			    size_t *);
static int		 read_signature(struct job *, enum verify_file,
			    struct signature *);
static int		 read_want(struct job *);
static void		 signed_by(struct job *, const struct public_key *);
static int		 write_all(int, const unsigned char *, size_t,
			    uint64_t);

static const char *const	 file_names[VERIFY_FILES] = {
	[VERIFY_LIST] = "checksum list",
	[VERIFY_SIGNATURE] = "signify signature",
	[VERIFY_MINISIG] = "minisign signature",
	[VERIFY_BINARY] = "program",
	[VERIFY_OUTPUT] = "new file"
};

void
job_init(struct job *job, const struct elf_target *target)
{
	int	 i;

	memset(job, 0, sizeof(*job));
	job->target = target;
	for (i = 0; i < VERIFY_FILES; i++)
		job->fds[i] = -1;
}

void
job_end(struct job *job)
{
	int	 i;

	for (i = 0; i < VERIFY_FILES; i++) {
		if (job->fds[i] != -1)
			close(job->fds[i]);
		job->fds[i] = -1;
	}
	if (job->copy != NULL)
		EVP_MD_CTX_free(job->copy->sha256);
	free(job->copy);
	job->copy = NULL;
}

static enum job_state
bad(struct job *job, const char *fmt, ...)
{
	va_list	 ap;
	char	 text[TEXT_SIZE];

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_clean(job->result.error, sizeof(job->result.error), text);
	job->result.ok = 0;
	return JOB_BAD;
}

static enum job_state
bad_file(struct job *job, enum verify_file which, const char *why)
{
	job->result.local = which == VERIFY_OUTPUT;
	return bad(job, "%s: %s %s", job->order.file_name, file_names[which],
	    why);
}

/* Nothing said on the way counts any more, as of a second signature. */
static enum job_state
good(struct job *job)
{
	job->result.error[0] = '\0';
	job->result.ok = 1;
	return JOB_GOOD;
}

int
job_add_key(struct job *job, const struct msg_verify_key *m)
{
	struct public_key	*key;
	const char		*why;

	if (job->key_count == JOB_KEYS_MAX) {
		bad(job, "more than %d keys", JOB_KEYS_MAX);
		return -1;
	}
	key = &job->keys[job->key_count];
	if (public_key_parse(key, m->text, &why) == -1) {
		bad(job, "key %s %s", m->name, why);
		return -1;
	}
	snprintf(key->name, sizeof(key->name), "%s", m->name);
	job->key_count++;
	return 0;
}

/* A whole file of at most max bytes; NULL: the job has failed */
static char *
read_small(struct job *job, enum verify_file which, size_t max, size_t *len)
{
	char	*buf;
	ssize_t	 n;

	if ((buf = malloc(max + 1)) == NULL)
		fatal(NULL);
	*len = 0;
	while (*len <= max) {
		n = pread(job->fds[which], buf + *len, max + 1 - *len,
		    (off_t)*len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			bad_file(job, which, strerror(errno));
		if (n == -1)
			goto fail;
		if (n == 0)
			return buf;
		*len += (size_t)n;
	}
	bad(job, "%s: %s is over %zu bytes", job->order.file_name,
	    file_names[which], max);
fail:
	free(buf);
	return NULL;
}

static int
read_signature(struct job *job, enum verify_file which, struct signature *sig)
{
	const char	*why;
	char		*buf;
	size_t		 len;
	int		 rc;

	if ((buf = read_small(job, which, SIGNATURE_FILE_MAX, &len)) == NULL)
		return -1;
	rc = which == VERIFY_SIGNATURE ? signify_parse(sig, buf, len, &why) :
	    minisign_parse(sig, buf, len, &why);
	free(buf);
	if (rc == -1)
		bad_file(job, which, why);
	return rc;
}

static void
signed_by(struct job *job, const struct public_key *key)
{
	char	 id[KEY_ID_TEXT];

	key_id_text(key->id, id);
	snprintf(job->result.key, sizeof(job->result.key), "%s %s", key->name,
	    id);
}

/* Is the list signed, by this signature file, by a key we were given? */
static int
one_signature(struct job *job, enum verify_file which, const char *list,
    size_t len)
{
	struct signature	 sig;
	char			 id[KEY_ID_TEXT];
	unsigned int		 i;
	int			 known = 0;

	if (read_signature(job, which, &sig) == -1)
		return -1;
	for (i = 0; i < job->key_count; i++) {
		if (memcmp(sig.id, job->keys[i].id, KEY_ID_SIZE) == 0)
			known = 1;
		if (signature_verify(&sig, &job->keys[i], list, len) == 0) {
			signed_by(job, &job->keys[i]);
			return 0;
		}
	}
	key_id_text(sig.id, id);
	bad(job, known ? "%s: %s of the checksum list is wrong for key %s" :
	    "%s: %s of the checksum list is by key %s, which is not "
	    "configured", job->order.file_name, file_names[which], id);
	return -1;
}

/* Signed by either kind of signature will do, when both are there. */
static int
check_signatures(struct job *job, const char *list, size_t len)
{
	if (job->fds[VERIFY_SIGNATURE] != -1 &&
	    one_signature(job, VERIFY_SIGNATURE, list, len) == 0)
		return 0;
	if (job->fds[VERIFY_MINISIG] != -1)
		return one_signature(job, VERIFY_MINISIG, list, len);
	return -1;
}

static int
check_list(struct job *job, const char *list, size_t len)
{
	const char	*why;

	if (job->order.trust == TRUST_SIGNED &&
	    check_signatures(job, list, len) == -1)
		return -1;
	if (checksum_list_find(list, len, job->order.file_name,
	    job->copy->listed, &why) == -1) {
		bad_file(job, VERIFY_LIST, why);
		return -1;
	}
	job->copy->has_listed = 1;
	return 0;
}

/*
 * Without a list the signature is over the binary, and it is its trusted
 * comment that must say which version this is.  The digest is compared when
 * the copying has come to its end.
 */
static int
check_trusted_comment(struct job *job)
{
	struct signature	*sig = &job->copy->signature;
	const struct elf_target	*target = job->target;
	char			 id[KEY_ID_TEXT];
	unsigned int		 i;

	if (read_signature(job, VERIFY_MINISIG, sig) == -1)
		return -1;
	key_id_text(sig->id, id);
	if (!sig->prehashed) {
		bad_file(job, VERIFY_MINISIG,
		    "over the file itself is of the legacy kind");
		return -1;
	}
	for (i = 0; i < job->key_count; i++)
		if (signature_verify_trusted(sig, &job->keys[i]) == 0)
			break;
	if (i == job->key_count) {
		bad(job, "%s: no configured key signed the trusted comment "
		    "(key %s)", job->order.file_name, id);
		return -1;
	}
	if (target == NULL || !trusted_comment_names(sig->trusted,
	    job->order.file_name, job->order.version, target->system,
	    target->arch)) {
		bad(job, "%s: the trusted comment does not name version, "
		    "system and architecture: %.200s", job->order.file_name,
		    sig->trusted);
		return -1;
	}
	job->copy->sign_digest = 1;
	return 0;
}

static int
read_want(struct job *job)
{
	const char	*want = job->order.want;

	if (want[0] == '\0')
		return 0;
	if (strlen(want) != 2 * SHA256_SIZE ||
	    hex_decode(job->copy->want, SHA256_SIZE, want) == -1) {
		bad(job, "%s: the expected sha256 is not 64 hex digits",
		    job->order.file_name);
		return -1;
	}
	job->copy->has_want = 1;
	return 0;
}

/* Were we given what this mode of trust needs? */
static int
check_files(struct job *job)
{
	const char	*name = job->order.file_name, *lacks = NULL;
	int		 trust = job->order.trust;

	if (!checksum_name_is_fine(name)) {
		bad(job, "\"%s\" cannot be the name of a release file", name);
		return -1;
	}
	if (job->fds[VERIFY_BINARY] == -1)
		lacks = "file";
	else if (trust != TRUST_REHASH && job->fds[VERIFY_OUTPUT] == -1)
		lacks = "new file";
	else if (trust == TRUST_CHECKSUM && job->fds[VERIFY_LIST] == -1)
		lacks = "checksum list";
	else if ((trust == TRUST_PINNED || trust == TRUST_REHASH) &&
	    !job->copy->has_want)
		lacks = "expected sha256";
	else if (trust == TRUST_SIGNED && job->key_count == 0)
		lacks = "configured key";
	else if (trust == TRUST_SIGNED && job->fds[VERIFY_MINISIG] == -1 &&
	    (job->fds[VERIFY_LIST] == -1 || job->fds[VERIFY_SIGNATURE] == -1))
		lacks = "signature";
	/* TRUST_IMPORTED needs nothing: it is taken on the operator's word. */
	if (lacks == NULL)
		return check_kinds(job);
	bad(job, "%s: there is no %s to verify with", name, lacks);
	return -1;
}

/*
 * A local file may be anything; a pipe or a device has no end, and what it
 * says once it need not say again.
 */
static int
check_kinds(struct job *job)
{
	struct stat	 st;
	uint64_t	 max = job->order.max_size;
	int		 i;

	for (i = 0; i < VERIFY_OUTPUT; i++) {
		if (job->fds[i] == -1)
			continue;
		if (fstat(job->fds[i], &st) == -1) {
			bad_file(job, (enum verify_file)i, strerror(errno));
			return -1;
		}
		if (!S_ISREG(st.st_mode)) {
			bad_file(job, (enum verify_file)i,
			    "is not a regular file");
			return -1;
		}
		if (i == VERIFY_BINARY && max != 0 && st.st_size > 0 &&
		    (uint64_t)st.st_size > max) {
			over_size(job);
			return -1;
		}
	}
	return 0;
}

enum job_state
job_begin(struct job *job)
{
	off_t	 end;
	char	*list;
	size_t	 len;
	int	 rc;

	if ((job->copy = calloc(1, sizeof(*job->copy))) == NULL ||
	    (job->copy->sha256 = EVP_MD_CTX_new()) == NULL)
		fatal(NULL);
	if (EVP_DigestInit_ex(job->copy->sha256, EVP_sha256(), NULL) != 1 ||
	    crypto_generichash_init(&job->copy->blake2b, NULL, 0,
	    MESSAGE_DIGEST_SIZE) == -1)
		fatalx("cannot set up the hashes");
	if (read_want(job) == -1 || check_files(job) == -1)
		return JOB_BAD;
	if (job->order.trust == TRUST_CHECKSUM ||
	    (job->order.trust == TRUST_SIGNED && job->fds[VERIFY_LIST] != -1)) {
		if ((list = read_small(job, VERIFY_LIST, CHECKSUM_LIST_MAX,
		    &len)) == NULL)
			return JOB_BAD;
		rc = check_list(job, list, len);
		free(list);
		if (rc == -1)
			return JOB_BAD;
	} else if (job->order.trust == TRUST_SIGNED &&
	    check_trusted_comment(job) == -1)
		return JOB_BAD;
	/* What was there before would follow what is verified. */
	if (job->order.trust != TRUST_REHASH &&
	    lseek(job->fds[VERIFY_OUTPUT], 0, SEEK_END) > 0)
		return bad_file(job, VERIFY_OUTPUT, "is not empty");
	if ((end = lseek(job->fds[VERIFY_BINARY], 0, SEEK_END)) > 0)
		job->total = (uint64_t)end;
	return JOB_MORE;
}

static void
over_size(struct job *job)
{
	bad(job, "%s: is over the %llu bytes of max-size",
	    job->order.file_name, (unsigned long long)job->order.max_size);
}

static int
write_all(int fd, const unsigned char *p, size_t len, uint64_t offset)
{
	ssize_t	 n;

	while (len > 0) {
		n = pwrite(fd, p, len, (off_t)offset);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		p += n;
		len -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

/* A piece of len bytes is hashed, looked at and written out. */
static int
copy_piece(struct job *job, size_t len)
{
	struct job_copy	*c = job->copy;
	size_t		 n;

	if (job->order.max_size != 0 &&
	    job->done + len > job->order.max_size) {
		over_size(job);
		return -1;
	}
	if (EVP_DigestUpdate(c->sha256, c->piece, len) != 1)
		fatalx("cannot hash");
	if (c->sign_digest)
		crypto_generichash_update(&c->blake2b, c->piece, len);
	if (c->head_len < sizeof(c->head)) {
		n = sizeof(c->head) - c->head_len;
		if (n > len)
			n = len;
		memcpy(c->head + c->head_len, c->piece, n);
		c->head_len += n;
	}
	if (job->order.trust != TRUST_REHASH &&
	    write_all(job->fds[VERIFY_OUTPUT], c->piece, len, job->done) ==
	    -1) {
		bad_file(job, VERIFY_OUTPUT, strerror(errno));
		return -1;
	}
	job->done += len;
	return 0;
}

enum job_state
job_step(struct job *job)
{
	ssize_t	 n;
	int	 i;

	for (i = 0; i < STEP_PIECES; i++) {
		n = pread(job->fds[VERIFY_BINARY], job->copy->piece,
		    PIECE_SIZE, (off_t)job->done);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return bad_file(job, VERIFY_BINARY, strerror(errno));
		if (n == 0)
			return job->order.growing ? JOB_WAIT : finish(job);
		if (copy_piece(job, (size_t)n) == -1)
			return JOB_BAD;
	}
	return JOB_MORE;
}

/* The signature over the file itself, by whichever of the keys */
static int
check_digest(struct job *job)
{
	uint8_t		 digest[MESSAGE_DIGEST_SIZE];
	unsigned int	 i;

	crypto_generichash_final(&job->copy->blake2b, digest, sizeof(digest));
	for (i = 0; i < job->key_count; i++)
		if (signature_verify_digest(&job->copy->signature,
		    &job->keys[i], digest) == 0) {
			signed_by(job, &job->keys[i]);
			return 0;
		}
	bad_file(job, VERIFY_MINISIG, "is of another file");
	return -1;
}

/* Every hash that was promised, by whomever, must be the one we found. */
static int
check_hashes(struct job *job, const uint8_t *hash)
{
	struct job_copy	*c = job->copy;
	const char	*name = job->order.file_name;
	char		 promised[HASH_SIZE];

	if (c->has_listed && memcmp(c->listed, hash, SHA256_SIZE) != 0) {
		hex_encode(promised, c->listed, SHA256_SIZE);
		bad(job, "%s: sha256 is %s, the checksum list says %s", name,
		    job->result.sha256, promised);
		return -1;
	}
	if (c->sign_digest && check_digest(job) == -1)
		return -1;
	/* The last one, so that this is known to be all that is wrong. */
	if (c->has_want && memcmp(c->want, hash, SHA256_SIZE) != 0) {
		hex_encode(promised, c->want, SHA256_SIZE);
		bad(job, "%s: sha256 is %s, expected is %s", name,
		    job->result.sha256, promised);
		job->result.unwanted = 1;
		return -1;
	}
	return 0;
}

static enum job_state
finish(struct job *job)
{
	struct job_copy	*c = job->copy;
	const char	*why;
	uint8_t		 hash[SHA256_SIZE];
	unsigned int	 len = 0;

	if (EVP_DigestFinal_ex(c->sha256, hash, &len) != 1 ||
	    len != sizeof(hash))
		fatalx("cannot hash");
	job->result.size = job->done;
	hex_encode(job->result.sha256, hash, sizeof(hash));
	if (job->done == 0)
		return bad_file(job, VERIFY_BINARY, "is empty");
	if (check_hashes(job, hash) == -1)
		return JOB_BAD;
	if (job->order.trust == TRUST_REHASH) {
		return good(job);
	}
	if (elf_check(c->head, c->head_len, job->done, job->target,
	    job->order.allow_scripts, &why) == -1)
		return bad(job, "%s: %s", job->order.file_name, why);
	if (fsync(job->fds[VERIFY_OUTPUT]) == -1)
		return bad_file(job, VERIFY_OUTPUT, strerror(errno));
	return good(job);
}
