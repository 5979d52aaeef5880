//! Tickets, keys, the n smallest; the reserve list.
