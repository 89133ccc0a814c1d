//! `stanch completions`, `stanch man`.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, CommandFactory};

/// Arguments of `stanch completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

/// Arguments of `stanch man`.
#[derive(Debug, Args)]
pub struct Man {
    /// Folder to write the pages into; must exist
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Prints the completions of a shell.
pub fn print(arguments: &Completions) -> anyhow::Result<()> {
    let mut command = crate::Arguments::command();
    clap_complete::generate(
        arguments.shell,
        &mut command,
        "stanch",
        &mut std::io::stdout(),
    );
    Ok(())
}

/// Writes a manual page for `stanch` and each of its commands.
pub fn write_man(arguments: &Man) -> anyhow::Result<()> {
    clap_mangen::generate_to(crate::Arguments::command(), &arguments.folder).with_context(|| {
        format!(
            "cannot write manual pages into {}",
            arguments.folder.display()
        )
    })
}
