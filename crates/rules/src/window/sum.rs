//! Exact sums of doubles.

/// Bits of exponent that one bin spans.
const BIN_BITS: u32 = 16;
/// Exponent of the least bit of a double.
const LEAST_EXPONENT: i32 = -1074;

/// The exact sum of finite doubles: the same whatever the order of adding and merging; rounded once, to nearest even, when asked.
///
/// Every double is an integer times a power of two. Those whose exponents share a bin of 16 are added as 128-bit integers, which
/// leaves room for 2^58 of them. Amounts of like size touch one or two bins; 131 is the most there can be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct DoubleSum {
    /// (bin, sum in units of the bin), bins rising.
    bins: Vec<(u8, i128)>,
}

impl DoubleSum {
    /// No values.
    pub(super) const EMPTY: Self = Self { bins: Vec::new() };

    pub(super) fn clear(&mut self) {
        self.bins.clear();
    }

    pub(super) fn bytes(&self) -> usize {
        self.bins.capacity() * size_of::<(u8, i128)>()
    }

    /// Adds a finite double.
    pub(super) fn add(&mut self, value: f64) {
        let bits = value.to_bits();
        let (exponent, fraction) = ((bits >> 52) & 0x7FF, bits & ((1 << 52) - 1));
        // In units of the least bit: subnormals as they are, normals with their hidden bit.
        let (mantissa, shift) = match exponent {
            0 => (fraction, 0),
            _ => (fraction | 1 << 52, exponent - 1),
        };
        let units = i128::from(mantissa) << (shift % u64::from(BIN_BITS));
        let bin = (shift / u64::from(BIN_BITS)) as u8;
        self.add_units(bin, if value < 0.0 { -units } else { units });
    }

    /// Adds another sum.
    pub(super) fn merge(&mut self, other: &Self) {
        for (bin, units) in &other.bins {
            self.add_units(*bin, *units);
        }
    }

    fn add_units(&mut self, bin: u8, units: i128) {
        if units == 0 {
            return;
        }
        match self.bins.binary_search_by_key(&bin, |(bin, _)| *bin) {
            Ok(at) => {
                if let Some((_, sum)) = self.bins.get_mut(at) {
                    *sum += units;
                }
            }
            Err(at) => self.bins.insert(at, (bin, units)),
        }
    }

    /// The double nearest to the sum, ties to even; infinite when beyond the greatest double. Never negative zero.
    pub(super) fn round(&self) -> f64 {
        let Some((lowest, _)) = self.bins.first() else {
            return 0.0;
        };
        match self.as_one_integer() {
            Some(units) => scale(units as f64, i32::from(*lowest) * BIN_BITS.cast_signed()),
            None => self.round_wide(),
        }
    }

    /// The sum in units of the lowest bin, if that fits.
    fn as_one_integer(&self) -> Option<i128> {
        let mut above: Option<(u8, i128)> = None;
        for (bin, units) in self.bins.iter().rev() {
            let units = match above {
                None => *units,
                Some((over, sum)) => {
                    let shift = u32::from(over - bin) * BIN_BITS;
                    let lifted = (shift < 127).then(|| sum.checked_mul(1 << shift))??;
                    lifted.checked_add(*units)?
                }
            };
            above = Some((*bin, units));
        }
        above.map(|(_, units)| units)
    }

    /// Carries the bins into digits of 16 bits and rounds the top 112 bits, the rest being one sticky bit.
    fn round_wide(&self) -> f64 {
        let (digits, negative) = match self.digits(1) {
            (digits, carry) if carry >= 0 => (digits, false),
            _ => (self.digits(-1).0, true),
        };
        let top = digits.iter().rposition(|digit| *digit != 0).unwrap_or(0);
        let low = top.saturating_sub(6);
        let mut head: u128 = 0;
        for digit in digits.iter().take(top + 1).skip(low).rev() {
            head = head << BIN_BITS | u128::from(*digit);
        }
        let sticky = digits.iter().take(low).any(|digit| *digit != 0);
        let size = scale(
            (head | u128::from(sticky)) as f64,
            low as i32 * BIN_BITS.cast_signed(),
        );
        if negative { -size } else { size }
    }

    /// `sign` times the sum in base 2^16, lowest first, and the carry out of the top: below zero for negative sums.
    fn digits(&self, sign: i128) -> (Vec<u16>, i128) {
        // 131 bins, and the 128 bits that may carry out of the last.
        let mut digits = vec![0_u16; 131 + 9];
        let mut carry: i128 = 0;
        let mut bins = self.bins.iter().peekable();
        for (place, digit) in digits.iter_mut().enumerate() {
            let here = bins.next_if(|(bin, _)| usize::from(*bin) == place);
            let total = carry + here.map_or(0, |(_, units)| sign * units);
            *digit = (total & 0xFFFF) as u16;
            carry = total >> BIN_BITS;
        }
        (digits, carry)
    }
}

/// `value * 2^(exponent - 1074)`. Exact unless it overflows: what would be subnormal is an integer below 2^53 in units of 2^-1074.
fn scale(value: f64, exponent: i32) -> f64 {
    let power = exponent + LEAST_EXPONENT;
    let factor = match power < -1022 {
        true => f64::from_bits(1 << (power - LEAST_EXPONENT)),
        false => f64::from_bits(((power + 1023) as u64) << 52),
    };
    value * factor + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(values: &[f64]) -> f64 {
        let mut sum = DoubleSum::default();
        values.iter().for_each(|value| sum.add(*value));
        sum.round()
    }

    #[test]
    fn one_value_comes_back_as_it_was() {
        let tiny = f64::from_bits(1);
        for value in [
            1.0,
            -1.5,
            0.1,
            tiny,
            -tiny,
            f64::MIN_POSITIVE,
            f64::MAX,
            f64::MIN,
            3e-310,
        ] {
            assert_eq!(sum(&[value]).to_bits(), value.to_bits(), "{value:e}");
        }
        assert_eq!(sum(&[-0.0]).to_bits(), 0.0_f64.to_bits());
        assert_eq!(sum(&[]).to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn what_cancels_leaves_nothing_behind() {
        assert_eq!(sum(&[1e300, 1.0, -1e300]), 1.0);
        assert_eq!(sum(&[1e308, 1e-308, -1e308]), 1e-308);
        assert_eq!(sum(&[f64::MAX, f64::MAX, f64::MIN, f64::MIN, 0.25]), 0.25);
        assert_eq!(sum(&[f64::MAX, f64::MAX]), f64::INFINITY);
        assert_eq!(sum(&[f64::MIN, f64::MIN]), f64::NEG_INFINITY);
    }

    #[test]
    fn it_is_rounded_once_and_ties_go_to_even() {
        let half_ulp = f64::EPSILON / 2.0;
        assert_eq!(sum(&[1.0, half_ulp]), 1.0);
        assert_eq!(
            sum(&[1.0 + f64::EPSILON, half_ulp]),
            1.0 + 2.0 * f64::EPSILON
        );
        // A bit far below decides the tie, on both ways of rounding.
        assert_eq!(sum(&[1.0, half_ulp, 1e-300]), 1.0 + f64::EPSILON);
        assert_eq!(sum(&[1.0, half_ulp, 1e-20]), 1.0 + f64::EPSILON);
        assert_eq!(sum(&[-1.0, -half_ulp, -1e-300]), -1.0 - f64::EPSILON);
        assert_eq!(sum(&[1.0, half_ulp, -1e-300]), 1.0);
    }

    #[test]
    fn tenths_add_up_to_the_nearest_double() {
        // Ten times the double 0.1 is 1.000000000000000055…, nearest to 1.
        assert_eq!(sum(&[0.1; 10]), 1.0);
    }
}
