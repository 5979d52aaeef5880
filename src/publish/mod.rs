//! The open bulletin: public files, and verification from them alone.
