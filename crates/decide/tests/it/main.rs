//! The engine with the real log, index and record.

#[cfg(test)]
mod backtest;
#[cfg(test)]
mod backtest_order;
#[cfg(test)]
mod engine;
#[cfg(test)]
mod history;
#[cfg(test)]
mod house;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod offline;
#[cfg(test)]
mod retention;
#[cfg(test)]
mod watch;
