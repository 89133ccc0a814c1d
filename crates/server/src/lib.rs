//! Stanch: server.
