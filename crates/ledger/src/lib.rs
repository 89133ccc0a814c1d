//! Stanch: ledger.
