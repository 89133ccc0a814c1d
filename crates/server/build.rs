//! Makes sure that there is a console to embed: without a built one, a page that says how to build it.

use std::path::Path;

const PLACEHOLDER: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Stanch</title>\
<p>console not built: cargo xtask web</p></html>\n";

fn main() -> std::io::Result<()> {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/dist");
    let index = dist.join("index.html");
    if !index.exists() {
        std::fs::create_dir_all(&dist)?;
        std::fs::write(&index, PLACEHOLDER)?;
    }
    println!("cargo::rerun-if-changed={}", dist.display());
    Ok(())
}
