//! Stanch: sim.
