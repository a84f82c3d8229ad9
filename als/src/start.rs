//! The random start, from integer arithmetic alone.

/// Fills `row` with the start of the vector of `user_id`.
///
/// Element `f` comes from the output `f` of a SplitMix64 (Steele, Lea, Flood 2014) whose state is the seed
/// mixed with the user's id: the upper 24 bits as a signed fixed-point number in [−2⁻⁷, 2⁻⁷). Every step is
/// exact, so the start is the same on every machine; and a user's start does not depend on who else is there.
pub(crate) fn start_row(seed: u64, user_id: i32, row: &mut [f32]) {
    let mut state = mix(seed).wrapping_add(u64::from(user_id as u32).wrapping_mul(STEP));
    state = mix(state);
    for element in row {
        state = state.wrapping_add(STEP);
        let signed = (mix(state) >> 40) as i32 - (1 << 23);
        *element = signed as f32 * SCALE;
    }
}

const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// 2⁻²³ makes the integer a fraction in [−1, 1), 2⁻⁷ makes it small.
const SCALE: f32 = 1.0 / (1u32 << 30) as f32;

fn mix(state: u64) -> u64 {
    let z = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_splitmix64() {
        // The first outputs for state 1234567, as published with the reference implementation.
        let outputs = [6457827717110365317u64, 3203168211198807973, 9817491932198370423];
        let mut state = 1234567u64;
        for output in outputs {
            state = state.wrapping_add(STEP);
            assert_eq!(mix(state), output);
        }
    }

    #[test]
    fn starts_are_small_centred_and_distinct() {
        let mut rows = Vec::new();
        for (seed, user_id) in [(1, 1), (1, 2), (2, 1), (1, -1)] {
            let mut row = [0.0; 64];
            start_row(seed, user_id, &mut row);
            assert!(row.iter().all(|x| x.abs() <= 1.0 / 128.0));
            assert!(row.iter().sum::<f32>().abs() < 64.0 / 128.0 / 2.0);
            rows.push(row);
        }
        assert!(rows.iter().enumerate().all(|(i, row)| !rows[..i].contains(row)));
    }
}
