HASH_RULE_TEST_OBJS =	regress/unit/hash_rule_test.o \
		lavavisord/hash_rule.o
REGRESS_OBJS +=	regress/unit/hash_rule_test.o
UNIT_TESTS +=	regress/bin/hash_rule_test

regress/bin/hash_rule_test: ${HASH_RULE_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${HASH_RULE_TEST_OBJS} \
	    ${LIBS_COMMON} -lcmocka ${OS_LIBS}
