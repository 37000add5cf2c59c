//! Disks for tests that fill one, cut its power, or come between it and the server.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// Rounds of a fault: so many, or as many as the variable says (`tests/soak` says more).
pub fn rounds(variable: &str, few: u64) -> u64 {
    std::env::var(variable).map_or(few, |rounds| rounds.parse().unwrap_or_else(|_| panic!("{variable} is a number")))
}

/// What a machine does not allow is not tested, and that is said past whatever keeps a test's words to itself.
fn not_run(why: &str) {
    let name = std::thread::current().name().unwrap_or("a test").to_owned();
    let _ = writeln!(std::io::stderr(), "NOT RUN: {name}: {why}");
}

/// A directory that a file system of its own is mounted at.
pub struct Disk {
    /// `None`: in memory.
    image: Option<PathBuf>,
    at: PathBuf,
    _dir: TempDir,
}

fn run(command: &str, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new(command).args(arguments).output().map_err(|error| format!("{command}: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if output.status.success() { Ok(()) } else { Err(format!("{command}: {said}")) }
}

impl Disk {
    /// In memory, so many MiB. `None`, which is said aloud, where this machine does not let us.
    pub fn in_memory(mib: u32) -> Option<Disk> {
        Disk::made(None, &["-t", "tmpfs", "-o", &format!("size={mib}m"), "none"])
    }

    /// An ext4 in a file, which stays when its power is cut. `None`, which is said aloud, where this machine does not let us.
    pub fn in_file(mib: u32) -> Option<Disk> {
        Disk::made(Some(mib), &["-t", "ext4", "-o", "loop"])
    }

    fn made(image: Option<u32>, how: &[&str]) -> Option<Disk> {
        let dir = tempfile::tempdir().unwrap();
        let at = dir.path().join("disk");
        std::fs::create_dir(&at).unwrap();
        let file = image.map(|mib| {
            let path = dir.path().join("image");
            std::fs::File::create(&path).unwrap().set_len(u64::from(mib) << 20).unwrap();
            path
        });
        let made = file.as_ref().map_or(Ok(()), |file| run("mkfs.ext4", &["-q", "-F", file.to_str().unwrap()]));
        let source = file.as_ref().map(|file| file.to_str().unwrap());
        let arguments: Vec<_> = how.iter().copied().chain(source).chain(at.to_str()).collect();
        match made.and_then(|()| run("mount", &arguments)) {
            Ok(()) => Some(Disk { image: file, at, _dir: dir }),
            Err(why) => {
                not_run(&why);
                None
            }
        }
    }

    pub fn path(&self) -> &Path {
        &self.at
    }

    /// Fills what is left of it, but for so many bytes, with a file, which is returned: to remove it is to make room.
    pub fn fill(&self, but: u64) -> PathBuf {
        let path = self.at.join("ballast");
        let mut file = std::fs::File::create(&path).unwrap();
        let (block, mut size) = ([1; 4_096], 0);
        while let Ok(written @ 1..) = file.write(&block) {
            size += written as u64;
        }
        file.set_len(size.saturating_sub(but)).unwrap();
        path
    }

    /// Takes its power away.
    pub fn cut(&self) {
        let helper = self.at.with_file_name("cut");
        if !helper.exists() {
            compile("cut.c", &helper, &[]);
        }
        run(helper.to_str().unwrap(), &[self.at.to_str().unwrap()]).unwrap();
    }

    /// Its power is back. Whatever used it must be gone.
    pub fn restore(&self) {
        let at = self.at.to_str().unwrap();
        run("umount", &[at]).unwrap();
        run("mount", &["-t", "ext4", "-o", "loop", self.image.as_ref().unwrap().to_str().unwrap(), at]).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Also where something still uses it.
        let _ = run("umount", &["-l", self.at.to_str().unwrap()]);
    }
}

/// Makes a program, or with `-shared` a library to be preloaded, of a C file of this directory.
fn compile(source: &str, out: &Path, flags: &[&str]) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support").join(source);
    let built = Command::new("cc").args(flags).arg("-o").arg(out).arg(source).arg("-ldl").status();
    assert!(built.expect("a C compiler").success());
}

/// The server, with its data in `dir`, and the library of a C file of this directory between it and the system.
pub fn behind(source: &str, dir: &Path) -> Command {
    let shim = dir.join("shim.so");
    compile(source, &shim, &["-shared", "-fPIC"]);
    let mut command = Command::new(super::binary());
    command.current_dir(dir).args(["--data-dir", "data", "--port", "0", "--log", "warn"]).env("LD_PRELOAD", shim);
    command
}
