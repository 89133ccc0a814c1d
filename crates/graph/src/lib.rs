//! Stanch: graph.
