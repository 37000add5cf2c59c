//! The pages go into the binary: every file of `web/` as it is (but what a page begins with joined), and compressed as well as it can be where
//! that makes it smaller. `web.rs` in the build's directory lists them; `src/gateway/pages/files.rs` takes it in.

#[path = "src/gateway/pages/joined.rs"]
mod joined;

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use brotli::enc::BrotliEncoderParams;
use flate2::Compression;
use flate2::write::GzEncoder;

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=web");
    let source = PathBuf::from(env("CARGO_MANIFEST_DIR")).join("web");
    let target = PathBuf::from(env("OUT_DIR")).join("web");
    let mut paths = Vec::new();
    walk(&source, &mut paths)?;
    paths.sort();
    let mut list = String::from("[\n");
    for path in paths {
        let name = text(path.strip_prefix(&source).expect("it was found there")).replace('\\', "/");
        let file = if joined::ROOTS.contains(&name.as_str()) { join(&source, &name, &target)? } else { path };
        let bytes = fs::read(&file)?;
        let brotli = smaller(&bytes, &target.join(format!("{name}.br")), brotli)?;
        let gzip = smaller(&bytes, &target.join(format!("{name}.gz")), gzip)?;
        writeln!(list, "    Embedded {{ path: {name:?}, bytes: include_bytes!({:?}), brotli: {brotli}, gzip: {gzip} }},", text(&file))
            .expect("it is memory");
    }
    list.push(']');
    fs::write(target.with_file_name("web.rs"), list)
}

/// Where a module lies with all that it needs.
fn join(source: &Path, name: &str, target: &Path) -> io::Result<PathBuf> {
    let joined = joined::joined(name, &|path| fs::read_to_string(source.join(path)).ok()).map_err(io::Error::other)?;
    let path = target.join(name);
    fs::create_dir_all(path.parent().expect("it is a file in a directory"))?;
    fs::write(&path, joined)?;
    Ok(path)
}

fn text(path: &Path) -> &str {
    path.to_str().expect("whoever builds this has a path in UTF-8")
}

fn env(name: &str) -> String {
    std::env::var(name).expect("cargo sets it")
}

fn walk(directory: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() { walk(&path, found)? } else { found.push(path) }
    }
    Ok(())
}

/// Where the compressed form lies, as an expression; `None` where it is hardly smaller, as pictures are.
fn smaller(bytes: &[u8], target: &Path, compress: fn(&[u8]) -> io::Result<Vec<u8>>) -> io::Result<String> {
    let compressed = compress(bytes)?;
    if compressed.len() * 10 > bytes.len() * 9 {
        return Ok("None".to_owned());
    }
    fs::create_dir_all(target.parent().expect("it is a file in a directory"))?;
    fs::write(target, compressed)?;
    Ok(format!("Some(include_bytes!({:?}))", text(target)))
}

fn brotli(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut compressed = Vec::new();
    // 11 is as small as it gets.
    let settings = BrotliEncoderParams { quality: 11, size_hint: bytes.len(), ..BrotliEncoderParams::default() };
    brotli::BrotliCompress(&mut &*bytes, &mut compressed, &settings)?;
    Ok(compressed)
}

fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}
