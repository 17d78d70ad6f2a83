/*
 * The clients of `upgrade now` and `upgrade check`.
 */

#ifndef LAVAVISORD_UPGRADE_ORDERS_H
#define LAVAVISORD_UPGRADE_ORDERS_H

struct decision;

/* 1 while the operator has said: now. */
int	 orders_waiting(void);

/* A fresh sample came in: what waited for one is decided. */
void	 orders_sampled(void);

/* Decided, and there is nothing to do. */
void	 orders_nothing(const struct decision *);

/* The upgrade that was watched is over. */
void	 orders_upgrade_ended(const char *outcome);

#endif
