//! From what the user gives (files, standard input, the demo, this very node) to [`Sources`](crate::source::Sources):
//! bytes are decoded, and text that was damaged on its way is brought back into the shape iptables printed.
//!
//! Nothing here knows what a rule means. Undamaged text is never changed; what was changed is told in a [`Note`].
//!
//! [`Note`]: crate::source::Note

mod capture;
mod decode;
mod pages;
mod read;
mod repair;

pub use capture::{Capture, Network, capture, capture_with};
pub use read::{Given, Input, read, read_bytes};
