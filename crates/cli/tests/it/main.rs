//! The binary itself, as a new user would run it: commands, the server, sandbox institutions as processes.

#[cfg(test)]
mod city;
#[cfg(test)]
mod decide;
#[cfg(test)]
mod evidence;
#[cfg(test)]
mod installation;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod patterns;
#[cfg(test)]
mod policy;
#[cfg(test)]
mod privacy;
#[cfg(test)]
mod scan;
#[cfg(test)]
#[path = "../../../store/tests/it/scratch.rs"]
mod scratch;
#[cfg(test)]
mod shared_postgres;
#[cfg(test)]
mod theme;
#[cfg(test)]
mod truth;
#[cfg(test)]
mod walk;
