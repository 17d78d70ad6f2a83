PROBE_TEST_OBJS =	regress/unit/probe_test.o \
		lavavisord/health_rule.o lavavisord/ready_pause.o \
		lavavisord/prober/answer.o \
		lavavisord/supervisor/notify.o
REGRESS_OBJS +=	regress/unit/probe_test.o
UNIT_TESTS +=	regress/bin/probe_test

regress/bin/probe_test: ${PROBE_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${PROBE_TEST_OBJS} \
	    ${LIBS_COMMON} ${LIB_EVENT} -lcmocka ${OS_LIBS}
