//! The kubenat program.

fn main() {}
