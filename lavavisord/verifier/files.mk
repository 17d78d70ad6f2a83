VERIFIER_SRCS =	lavavisord/verifier/checksum_list.c \
		lavavisord/verifier/elf.c lavavisord/verifier/job.c \
		lavavisord/verifier/main.c lavavisord/verifier/signature.c
VERIFIER_LIBS =	${LIB_EVENT} ${LIB_SODIUM} ${LIB_CRYPTO}
