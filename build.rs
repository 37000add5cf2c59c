//! The pages are in the binary: a file that is new among them must make a new binary too.

fn main() {
    println!("cargo::rerun-if-changed=web");
}
