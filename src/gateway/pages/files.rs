//! The files of the pages: from the binary, with the compressed forms that the build made, or from a directory while they are being made.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use axum::body::Bytes;
use sha2::{Digest, Sha256};

use super::coding::Coding;
use super::joined::{ROOTS, joined};

/// A file in the binary, by its address without the slash.
struct Embedded {
    path: &'static str,
    bytes: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

static EMBEDDED: &[Embedded] = &include!(concat!(env!("OUT_DIR"), "/web.rs"));

/// One file, in all its forms.
#[derive(Debug)]
pub struct File {
    /// Of the file as it is; each form has a tag of its own.
    hash: String,
    kind: &'static str,
    bytes: Bytes,
    brotli: Option<Bytes>,
    gzip: Option<Bytes>,
}

impl File {
    fn new(path: &str, bytes: Bytes) -> File {
        let kind = kind(path.rsplit('.').next().unwrap_or_default());
        File { hash: hex(&Sha256::digest(&bytes).into()), kind, bytes, brotli: None, gzip: None }
    }

    /// Its media type.
    pub const fn kind(&self) -> &'static str {
        self.kind
    }

    /// What is rendered, not sent.
    pub fn is_template(&self) -> bool {
        self.kind.starts_with("text/html")
    }

    /// What could run something where it is opened by itself.
    pub fn is_document(&self) -> bool {
        self.is_template() || self.kind == "image/svg+xml"
    }

    /// As it is.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// In which forms it is there.
    pub fn codings(&self) -> Vec<Coding> {
        let forms = [(Coding::Gzip, &self.gzip), (Coding::Brotli, &self.brotli)];
        [Coding::Identity].into_iter().chain(forms.into_iter().filter(|(_, form)| form.is_some()).map(|(coding, _)| coding)).collect()
    }

    /// A form of it that is there, and its entity tag.
    pub fn form(&self, coding: Coding) -> (Bytes, String) {
        let form = match coding {
            Coding::Identity => None,
            Coding::Gzip => self.gzip.as_ref(),
            Coding::Brotli => self.brotli.as_ref(),
        };
        let suffix = coding.name().filter(|_| form.is_some()).map(|name| format!("-{name}")).unwrap_or_default();
        (form.unwrap_or(&self.bytes).clone(), format!("\"{}{suffix}\"", self.hash))
    }
}

/// All of them, as of one moment.
#[derive(Debug)]
pub struct Files {
    found: BTreeMap<String, File>,
    version: String,
}

impl Files {
    /// Those in the binary.
    pub fn embedded() -> Files {
        let found = EMBEDDED.iter().map(|Embedded { path, bytes, brotli, gzip }| {
            let forms = (brotli.map(Bytes::from_static), gzip.map(Bytes::from_static));
            ((*path).to_owned(), File { brotli: forms.0, gzip: forms.1, ..File::new(path, Bytes::from_static(bytes)) })
        });
        Files::new(found.collect())
    }

    /// Those in a directory, joined as the build does it, not compressed.
    pub fn of(directory: &Path) -> io::Result<Files> {
        let mut found = BTreeMap::new();
        let mut directories = vec![PathBuf::new()];
        while let Some(inner) = directories.pop() {
            for entry in fs::read_dir(directory.join(&inner))? {
                let entry = entry?;
                let path = inner.join(entry.file_name());
                // What is gone already, or no text, is no file of the pages.
                if entry.path().is_dir() {
                    directories.push(path);
                } else if let (Some(name), Ok(bytes)) = (path.to_str(), fs::read(entry.path())) {
                    found.insert(name.replace('\\', "/"), File::new(name, bytes.into()));
                }
            }
        }
        let text = |path: &str| found.get(path).and_then(|file| String::from_utf8(file.bytes.to_vec()).ok());
        let roots: Vec<_> = ROOTS.into_iter().filter(|root| found.contains_key(*root)).collect();
        let pages = roots.into_iter().map(|root| Ok((root.to_owned(), File::new(root, joined(root, &text)?.into()))));
        let pages: Vec<_> = pages.collect::<Result<_, String>>().map_err(io::Error::other)?;
        found.extend(pages);
        Ok(Files::new(found))
    }

    fn new(found: BTreeMap<String, File>) -> Files {
        let mut all = Sha256::new();
        for (path, file) in &found {
            all.update(path);
            all.update(&file.hash);
        }
        let mut version = hex(&all.finalize().into());
        version.truncate(12);
        Files { found, version }
    }

    /// Names this set of files: another one where a single byte differs.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The file of this path.
    pub fn get(&self, path: &str) -> Option<&File> {
        self.found.get(path)
    }

    /// The address of a file that may be kept for ever: what it says is in its name.
    pub fn address(&self, path: &str) -> String {
        format!("/v/{}/{path}", self.version)
    }
}

fn kind(ending: &str) -> &'static str {
    match ending {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        _ => "text/plain; charset=utf-8",
    }
}

/// The first 16 bytes in hexadecimal.
pub fn hex(hash: &[u8; 32]) -> String {
    let (high, _) = hash.split_at(16);
    format!("{:032x}", u128::from_be_bytes(high.try_into().expect("half of 32 bytes are 16")))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Files;
    use crate::gateway::pages::joined::ROOTS;

    #[test]
    fn a_page_begins_with_one_file_wherever_it_comes_from() {
        let directory = Files::of(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/web"))).expect("they are there");
        for root in ROOTS {
            let [embedded, read] = [&Files::embedded(), &directory].map(|files| files.get(root).expect("it is there").bytes().to_vec());
            assert!(embedded == read, "{root}");
            let text = String::from_utf8(read).expect("it is text");
            assert!(text.contains("const js_words_js = (() => {") && !text.lines().any(|line| line.starts_with("import ")), "{root}");
        }
    }
}
