//! Work that several threads share, a part at a time.

use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The parts of so many things that nobody has taken yet.
pub(super) struct Parts {
    length: usize,
    size: usize,
    left: Mutex<Range<usize>>,
}

impl Parts {
    pub(super) fn new(length: usize, size: usize) -> Self {
        Self { length, size, left: Mutex::new(0..length.div_ceil(size)) }
    }

    /// Takes the first part that is left.
    pub(super) fn first(&self) -> Option<Range<usize>> {
        let number = self.left().next();
        number.map(|number| self.part(number))
    }

    /// Takes the last one.
    pub(super) fn last(&self) -> Option<Range<usize>> {
        let number = self.left().next_back();
        number.map(|number| self.part(number))
    }

    /// Leaves nothing to anybody.
    pub(super) fn stop(&self) {
        *self.left() = 0..0;
    }

    fn left(&self) -> MutexGuard<'_, Range<usize>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn part(&self, number: usize) -> Range<usize> {
        let start = number * self.size;
        start..self.length.min(start + self.size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_is_taken_once_from_either_end() {
        let parts = Parts::new(10, 3);
        let taken = [parts.first(), parts.last(), parts.last(), parts.first(), parts.last()];
        assert_eq!(taken, [Some(0..3), Some(9..10), Some(6..9), Some(3..6), None]);
        assert_eq!(Parts::new(0, 3).first(), None);
        let parts = Parts::new(10, 3);
        parts.stop();
        assert_eq!((parts.first(), parts.last()), (None, None));
    }
}
