//! Lists, and keys with their values: a column of markers and text that hangs beside it.

use super::canvas::Canvas;
use super::line::{Line, blanks};
use crate::doc::Item;
use std::io;

/// A marker wider than this part of the width does not push the text of the other items to the right.
const WIDEST: usize = 3;

/// Shows `items`. Between marker and text there is one blank if all markers are single signs, else two.
pub(super) fn show(items: &[Item], canvas: &mut Canvas<'_>) -> io::Result<()> {
    let limit = canvas.width() / WIDEST;
    let widths = items.iter().map(|item| Line::new(&item.marker).width());
    let widest = widths.filter(|width| *width <= limit).max().unwrap_or(0);
    let gap = if widest > 1 { 2 } else { usize::from(widest == 1) };
    items.iter().try_for_each(|item| show_item(item, widest, gap, canvas))
}

fn show_item(item: &Item, widest: usize, gap: usize, canvas: &mut Canvas<'_>) -> io::Result<()> {
    let (marker, text) = (Line::new(&item.marker), Line::new(&item.text));
    if marker.width() <= widest {
        return canvas.hanging(&marker.padded(widest + gap), &text);
    }
    canvas.hanging(&Line::default(), &marker)?;
    canvas.hanging(&blanks(widest + gap), &text)
}
