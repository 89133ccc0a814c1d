//! Stanch: stream.
