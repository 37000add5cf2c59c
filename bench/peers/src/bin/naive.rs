//! naive.

fn main() {}
