//! What git stores of an object that is much like another: pieces of the other and bytes of its own.

/// Makes of a base, into `made`, what a delta says; `None` where it does not fit the base or says
/// nonsense.
pub(super) fn apply(base: &[u8], delta: &[u8], most: usize, made: &mut Vec<u8>) -> Option<()> {
    let mut rest = delta;
    if size(&mut rest)? != base.len() {
        return None;
    }
    let size = size(&mut rest).filter(|size| *size <= most)?;
    made.clear();
    made.reserve(size);
    while let Some((&order, after)) = rest.split_first() {
        rest = after;
        let piece = if order & 0x80 != 0 {
            let mut number = |bits: std::ops::Range<u32>| {
                let mut number = 0;
                for (place, bit) in bits.enumerate() {
                    if order >> bit & 1 != 0 {
                        let (&byte, after) = rest.split_first()?;
                        rest = after;
                        number |= usize::from(byte) << (8 * place);
                    }
                }
                Some(number)
            };
            let (start, length) = (number(0..4)?, number(4..7)?);
            let length = if length == 0 { 0x1_0000 } else { length };
            base.get(start..start.checked_add(length)?)?
        } else {
            let (piece, after) = rest.split_at_checked(order.into())?;
            rest = after;
            piece
        };
        // An order of nought bytes is kept for later by git.
        if piece.is_empty() || made.len() + piece.len() > size {
            return None;
        }
        made.extend_from_slice(piece);
    }
    (made.len() == size).then_some(())
}

/// Seven bits a byte, the lowest first.
fn size(rest: &mut &[u8]) -> Option<usize> {
    let (mut size, mut shift) = (0, 0_u32);
    loop {
        let (&byte, after) = rest.split_first()?;
        *rest = after;
        if shift > 56 {
            return None;
        }
        size |= usize::from(byte & 0x7f).checked_shl(shift)?;
        shift += 7;
        if byte & 0x80 == 0 {
            return Some(size);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_ones_and_nonsense() {
        let base = b"0123456789";
        let cases: [(&[u8], Option<&[u8]>); 12] = [
            (b"\x0a\x03\x91\x02\x03", Some(b"234")),
            (b"\x0a\x05\x90\x03\x02ab", Some(b"012ab")),
            (b"\x0a\x00", Some(b"")),
            (b"\x0b\x03\x91\x02\x03", None),     // another base
            (b"\x0a\x04\x91\x02\x03", None),     // too short
            (b"\x0a\x02\x91\x02\x03", None),     // too long
            (b"\x0a\x03\x91\x08\x03", None),     // beyond the base
            (b"\x0a\x03\x91\x02", None),         // cut off in an order
            (b"\x0a\x03\x03ab", None),           // cut off in bytes
            (b"\x0a\x03\x00\x91\x02\x03", None), // an order that means nothing yet
            (b"\x0a\xff\xff\xff\x7f\x91\x02\x03", None), // larger than allowed
            (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", None),
        ];
        for (delta, expected) in cases {
            let mut made = Vec::new();
            let fits = apply(base, delta, 100, &mut made);
            assert_eq!(fits.map(|()| made.as_slice()), expected, "{delta:?}");
        }
        // A length of nought is 65,536.
        let (base, mut made) = (vec![7; 0x1_0001], Vec::new());
        apply(&base, b"\x81\x80\x04\x80\x80\x04\x80", usize::MAX, &mut made).unwrap();
        assert_eq!(made, base[1..]);
    }
}
