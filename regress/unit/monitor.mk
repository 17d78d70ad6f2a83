MONITOR_POLICY_TEST_OBJS = regress/unit/monitor_policy_test.o \
			lavavisord/chain_height.o \
			lavavisord/monitor/policy.o lavavisord/monitor/chain.o \
			lavavisord/monitor/params.o lavavisord/monitor/rpc.o
REGRESS_OBJS +=		regress/unit/monitor_policy_test.o
UNIT_TESTS +=		regress/bin/monitor_policy_test
regress/bin/monitor_policy_test: ${MONITOR_POLICY_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${MONITOR_POLICY_TEST_OBJS} \
	    ${LIBS_COMMON} ${LIB_JANSSON} -lcmocka ${OS_LIBS}

MONITOR_QUORUM_TEST_OBJS = regress/unit/monitor_quorum_test.o \
			lavavisord/chain_height.o \
			lavavisord/monitor/quorum.o lavavisord/monitor/chain.o \
			lavavisord/monitor/params.o lavavisord/monitor/rpc.o
REGRESS_OBJS +=		regress/unit/monitor_quorum_test.o
UNIT_TESTS +=		regress/bin/monitor_quorum_test
regress/bin/monitor_quorum_test: ${MONITOR_QUORUM_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${MONITOR_QUORUM_TEST_OBJS} \
	    ${LIBS_COMMON} ${LIB_JANSSON} -lcmocka ${OS_LIBS}

MONITOR_CHAIN_TEST_OBJS = regress/unit/monitor_chain_test.o \
			lavavisord/monitor/chain.o \
			lavavisord/monitor/params.o lavavisord/monitor/rpc.o
REGRESS_OBJS +=		regress/unit/monitor_chain_test.o
UNIT_TESTS +=		regress/bin/monitor_chain_test
regress/bin/monitor_chain_test: ${MONITOR_CHAIN_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${MONITOR_CHAIN_TEST_OBJS} \
	    ${LIBS_COMMON} ${LIB_JANSSON} -lcmocka ${OS_LIBS}
