//! What each tone looks like. The one place that names colours, all of the terminal's own sixteen.

use crate::doc::Tone;
use owo_colors::Style;

/// The look of `tone`.
pub(super) fn style(tone: Tone) -> Style {
    match tone {
        Tone::Plain => Style::new(),
        Tone::Bad => Style::new().red().bold(),
        Tone::Warn => Style::new().yellow(),
        Tone::Good => Style::new().green(),
        Tone::Dim => Style::new().dimmed(),
        Tone::Strong => Style::new().bold(),
        Tone::Code => Style::new().cyan(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_is_red_look_is_yellow_and_proven_is_green() {
        let shown = |tone| style(tone).style("x").to_string();
        assert_eq!(shown(Tone::Plain), "x");
        assert_eq!(shown(Tone::Bad), "\u{1b}[31;1mx\u{1b}[0m");
        assert_eq!(shown(Tone::Warn), "\u{1b}[33mx\u{1b}[0m");
        assert_eq!(shown(Tone::Good), "\u{1b}[32mx\u{1b}[0m");
        assert_eq!(shown(Tone::Dim), "\u{1b}[2mx\u{1b}[0m");
    }
}
