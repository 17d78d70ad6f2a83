MONITOR_SRCS =	common/no_connect.c lavavisord/chain_height.c \
		lavavisord/monitor/body.c lavavisord/monitor/chain.c \
		lavavisord/monitor/main.c lavavisord/monitor/node.c \
		lavavisord/monitor/params.c lavavisord/monitor/policy.c \
		lavavisord/monitor/quorum.c lavavisord/monitor/round.c \
		lavavisord/monitor/rpc.c
MONITOR_LIBS =	${LIB_EVENT} ${LIB_CURL} ${LIB_JANSSON} ${LIB_SSL} ${LIB_CRYPTO}
