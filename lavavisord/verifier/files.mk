VERIFIER_SRCS =	lavavisord/verifier/main.c
VERIFIER_LIBS =	${LIB_EVENT} ${LIB_SODIUM} ${LIB_CRYPTO}
