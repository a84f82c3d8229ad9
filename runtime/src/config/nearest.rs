//! The known name that somebody most likely meant.

/// The candidate with the fewest edits from `name`; among equals the first. Empty when there is none.
pub(super) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    candidates
        .into_iter()
        .min_by_key(|candidate| strsim::damerau_levenshtein(name, candidate))
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_of_the_fingers_is_found() {
        let known = ["log", "store", "telemetry", "trainer"];
        assert_eq!(nearest("stroe", known), "store");
        assert_eq!(nearest("telemtry", known), "telemetry");
        assert_eq!(nearest("anything", []), "");
    }
}
