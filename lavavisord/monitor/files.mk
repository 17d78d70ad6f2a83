MONITOR_SRCS =	common/no_connect.c lavavisord/monitor/main.c
MONITOR_LIBS =	${LIB_EVENT} ${LIB_CURL} ${LIB_JANSSON} ${LIB_SSL} ${LIB_CRYPTO}
