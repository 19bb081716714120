//! How wide each column of a table becomes.
//!
//! Columns that fit keep their natural width. When they do not, titles are wrapped before cells, those of the lowest
//! rank give way first, the widest most, and words are broken only after all columns have given what they can without.

/// What a column wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wish {
    /// Its widest line, the title counted.
    pub(super) natural: usize,
    /// Its widest line when only the title is wrapped.
    pub(super) cells: usize,
    /// Its longest word.
    pub(super) word: usize,
    /// Columns of a lower rank give way first.
    pub(super) rank: u8,
}

/// A word longer than this is broken like text.
const LONGEST_WORD: usize = 30;

/// Below this a column is no longer read but spelled.
const NARROW: usize = 10;

/// The width of each column, so that they take at most `room` columns together; at least one each.
pub(super) fn widths(wishes: &[Wish], room: usize) -> Vec<usize> {
    let mut widths: Vec<usize> = wishes.iter().map(|wish| wish.natural.max(1)).collect();
    let mut ranks: Vec<u8> = wishes.iter().map(|wish| wish.rank).collect();
    ranks.sort_unstable();
    ranks.dedup();
    let floors: [fn(&Wish) -> usize; 3] = [|wish| wish.cells, |wish| wish.word.clamp(NARROW, LONGEST_WORD), |_| NARROW];
    for floor in floors {
        for &rank in &ranks {
            let chosen: Vec<usize> = (0..wishes.len()).filter(|&at| wishes[at].rank == rank).collect();
            narrow(&mut widths, &chosen, |at| floor(&wishes[at]), room);
        }
    }
    let all: Vec<usize> = (0..wishes.len()).collect();
    narrow(&mut widths, &all, |_| 1, room);
    widths
}

/// Cuts the widest of the chosen columns down to one height, none below its floor, until all fit or none can give.
fn narrow(widths: &mut [usize], chosen: &[usize], floor: impl Fn(usize) -> usize, room: usize) {
    let others: usize = (0..widths.len()).filter(|at| !chosen.contains(at)).map(|at| widths[at]).sum();
    let capped = |at: usize, cap: usize| widths[at].min(cap.max(floor(at)));
    let fits = |cap: usize| others + chosen.iter().map(|&at| capped(at, cap)).sum::<usize>() <= room;
    let (mut low, mut high) = (0, chosen.iter().map(|&at| widths[at]).max().unwrap_or(0));
    if fits(high) {
        return;
    }
    // `high` does not fit; the largest cap that does lies below, or there is none and 0 is the best there is.
    while high - low > 1 {
        let middle = low.midpoint(high);
        if fits(middle) { low = middle } else { high = middle }
    }
    let narrowed: Vec<usize> = chosen.iter().map(|&at| capped(at, low)).collect();
    chosen.iter().zip(narrowed).for_each(|(&at, width)| widths[at] = width);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(natural: usize, word: usize, rank: u8) -> Wish {
        Wish { natural, cells: natural, word, rank }
    }

    #[test]
    fn columns_that_fit_keep_their_width() {
        assert_eq!(widths(&[wish(30, 30, 2), wish(20, 5, 1)], 50), [30, 20]);
    }

    #[test]
    fn the_lowest_rank_gives_way_first() {
        assert_eq!(widths(&[wish(30, 10, 2), wish(40, 5, 1)], 50), [30, 20]);
    }

    #[test]
    fn of_one_rank_the_widest_gives_most() {
        assert_eq!(widths(&[wish(40, 5, 1), wish(15, 5, 1), wish(30, 5, 1)], 55), [20, 15, 20]);
    }

    #[test]
    fn titles_are_wrapped_before_cells() {
        assert_eq!(widths(&[Wish { natural: 40, cells: 15, word: 8, rank: 2 }, wish(30, 5, 1)], 50), [20, 30]);
    }

    #[test]
    fn words_are_kept_before_ranks_are() {
        assert_eq!(widths(&[wish(40, 10, 2), wish(25, 25, 1)], 50), [25, 25]);
    }

    #[test]
    fn in_the_end_everything_gives() {
        assert_eq!(widths(&[wish(30, 30, 2), wish(30, 30, 1)], 8), [4, 4]);
        assert_eq!(widths(&[wish(9, 9, 1); 3], 2), [1, 1, 1]);
    }
}
