//! How much of two pieces of bytes is the same.

/// Bytes that are compared in one step.
const STEP: usize = 64;

/// How many bytes are the same at the start.
pub(crate) fn same_at_start(one: &[u8], other: &[u8]) -> usize {
    let steps = one.chunks_exact(STEP).zip(other.chunks_exact(STEP));
    let whole = STEP * steps.take_while(|(one, other)| one == other).count();
    let rest = one.iter().zip(other).skip(whole);
    whole + rest.take_while(|(one, other)| one == other).count()
}

/// How many bytes are the same at the end.
pub(crate) fn same_at_end(one: &[u8], other: &[u8]) -> usize {
    let steps = one.rchunks_exact(STEP).zip(other.rchunks_exact(STEP));
    let whole = STEP * steps.take_while(|(one, other)| one == other).count();
    let rest = one.iter().rev().zip(other.iter().rev()).skip(whole);
    whole + rest.take_while(|(one, other)| one == other).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_are_counted_to_the_byte() {
        for length in [0, 1, STEP - 1, STEP, STEP + 1, 3 * STEP + 7] {
            let one: Vec<u8> = (0..length).map(|at| at as u8).collect();
            assert_eq!((same_at_start(&one, &one), same_at_end(&one, &one)), (length, length));
            for at in 0..length {
                let mut other = one.clone();
                other[at] ^= 0x80;
                assert_eq!(same_at_start(&one, &other), at);
                assert_eq!(same_at_end(&one, &other), length - at - 1);
                assert_eq!(same_at_start(&one, &one[..at]), at);
                assert_eq!(same_at_end(&one, &one[at..]), length - at);
            }
        }
    }
}
