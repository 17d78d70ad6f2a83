CHECK_RULE_TEST_OBJS =	regress/unit/check_rule_test.o \
		lavavisord/check_rule.o lavavisord/decide.o
REGRESS_OBJS +=	regress/unit/check_rule_test.o
UNIT_TESTS +=	regress/bin/check_rule_test

regress/bin/check_rule_test: ${CHECK_RULE_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${CHECK_RULE_TEST_OBJS} ${LIBS_COMMON} \
	    -lcmocka ${OS_LIBS}
