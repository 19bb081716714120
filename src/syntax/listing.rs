//! Lines of `iptables -L` and the tables they belong to.

use super::reader::{At, Reader};

/// What the reader knows of the listing it is in.
#[derive(Debug, Default)]
pub(super) struct State {
    is_open: bool,
}

impl State {
    pub(super) fn is_open(&self) -> bool {
        self.is_open
    }

    pub(super) fn close(&mut self) {
        self.is_open = false;
    }

    pub(super) fn blank(&mut self) {}
}

impl<'src> Reader<'src> {
    /// Takes a line that belongs to a listing; whether it did.
    pub(super) fn listing(&mut self, _: At<'src>) -> bool {
        false
    }
}
