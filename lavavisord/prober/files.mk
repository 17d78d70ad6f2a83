PROBER_SRCS =	common/no_connect.c lavavisord/prober/answer.c \
		lavavisord/prober/http.c lavavisord/prober/main.c
PROBER_LIBS =	${LIB_EVENT} ${LIB_CURL} ${LIB_SSL} ${LIB_CRYPTO}
