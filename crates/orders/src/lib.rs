//! Stanch: orders.
