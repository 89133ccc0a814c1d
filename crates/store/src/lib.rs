//! Stanch: store.
