//! A sign of life on a terminal while reading takes long. It is gone before anything else is written.

use crate::cli::Cli;
use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Who waits longer than this wants to know why.
const PATIENCE: Duration = Duration::from_millis(500);

/// Says what is being done until it is dropped.
pub(super) struct Progress {
    /// Dropped first, which tells the other thread that it is over.
    done: Option<Sender<()>>,
    teller: Option<JoinHandle<()>>,
}

impl Progress {
    /// Begins to wait; without a terminal, or with `-q`, nothing is ever said.
    pub(super) fn begin(cli: &Cli, what: &'static str) -> Self {
        if cli.common.quiet || !io::stderr().is_terminal() {
            return Self { done: None, teller: None };
        }
        Self::telling(what, PATIENCE, io::stderr())
    }

    fn telling(what: &'static str, patience: Duration, mut out: impl Write + Send + 'static) -> Self {
        let (done, over) = channel::<()>();
        let tell = move || {
            if over.recv_timeout(patience) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            // A terminal that is gone needs no sign of life.
            let _ = write!(out, "{what} …").and_then(|()| out.flush());
            let _ = over.recv();
            let _ = write!(out, "\r\u{1b}[K").and_then(|()| out.flush());
        };
        Self { done: Some(done), teller: Some(thread::spawn(tell)) }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        drop(self.done.take());
        if let Some(teller) = self.teller.take() {
            // It cannot panic, and if it did there would be nothing to erase.
            let _ = teller.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Screen(Arc<Mutex<Vec<u8>>>);

    impl Write for Screen {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("one writer").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn text(screen: &Screen) -> String {
        String::from_utf8(screen.0.lock().expect("one writer").clone()).expect("text")
    }

    #[test]
    fn what_is_quick_says_nothing() {
        let screen = Screen::default();
        drop(Progress::telling("reading", Duration::from_secs(60), screen.clone()));
        assert_eq!(text(&screen), "");
    }

    #[test]
    fn what_takes_long_is_told_and_erased() {
        let screen = Screen::default();
        let progress = Progress::telling("reading", Duration::ZERO, screen.clone());
        while text(&screen).is_empty() {
            thread::yield_now();
        }
        drop(progress);
        assert_eq!(text(&screen), "reading …\r\u{1b}[K");
    }
}
