//! Stanch: casework.
