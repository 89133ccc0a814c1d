//! The binary itself, as a new user would run it: commands, the server, sandbox institutions as processes.

mod city;
mod installation;
mod kill;
mod truth;
mod walk;
