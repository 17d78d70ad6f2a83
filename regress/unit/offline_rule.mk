OFFLINE_RULE_TEST_OBJS =	regress/unit/offline_rule_test.o \
		lavavisord/offline_rule.o
REGRESS_OBJS +=	regress/unit/offline_rule_test.o
UNIT_TESTS +=	regress/bin/offline_rule_test

regress/bin/offline_rule_test: ${OFFLINE_RULE_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${OFFLINE_RULE_TEST_OBJS} \
	    ${LIBS_COMMON} -lcmocka ${OS_LIBS}
