//! Programs that must be there: installed by apt when this runs as root, else named.

use std::path::Path;

use anyhow::{Result, bail};

use crate::process::{Output, Program, is_installed};

/// Makes sure that `program` is there by installing the Debian packages `packages` if it is not.
pub fn need(program: &str, packages: &[&str], output: &Output) -> Result<()> {
    if is_installed(program) {
        return Ok(());
    }
    install(program, packages, output)
}

/// Installs the Debian packages `packages`, which bring `what`.
pub fn install(what: &str, packages: &[&str], output: &Output) -> Result<()> {
    let list = packages.join(" ");
    if !is_root() || !is_installed("apt-get") {
        bail!("{what} is missing; install it with: sudo apt-get install -y {list}");
    }
    let root = Path::new("/");
    let apt = |arguments: &[&str]| {
        Program::new("apt-get", arguments, root)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .run(output)
    };
    apt(&["update", "-q"])?;
    let install = ["install", "-q", "-y", "--no-install-recommends"];
    apt(&[&install, packages].concat())
}

/// Whether this runs as root.
pub fn is_root() -> bool {
    Program::new("id", ["-u"], Path::new("/"))
        .read()
        .is_ok_and(|id| id.trim() == "0")
}
