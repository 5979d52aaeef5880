//! Files to a snapshot: decode, map, check; every refused row is kept with its reason.
