//! Makes a synthetic world.
