//! What is wrong with a value, in the words of whoever wrote it: no types of the program.

/// `expected usize` becomes `expected a whole number from 0`; what needs no translation stays.
pub(super) fn plain(why: &str) -> String {
    // The last one: the value itself comes before it.
    let Some((found, expected)) = why.rsplit_once(", expected ") else { return why.to_owned() };
    let found = match found {
        "invalid type: map" => "invalid type: a table",
        "invalid type: sequence" => "invalid type: a list",
        other => other,
    };
    format!("{found}, expected {}", wanted(expected))
}

fn wanted(expected: &str) -> &str {
    match expected {
        "a map" => "a table",
        "a sequence" => "a list",
        "a boolean" => "true or false",
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" | "usize" => "a whole number from 0",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a finite number",
        nonzero if nonzero.starts_with("a nonzero u") => "a whole number from 1",
        structure if structure.starts_with("struct ") => "a table",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn types_of_the_program_become_words() {
        for (why, words) in [
            (
                "invalid type: integer `3`, expected struct Config",
                "invalid type: integer `3`, expected a table",
            ),
            (
                "invalid value: integer `-1`, expected usize",
                "invalid value: integer `-1`, expected a whole number from 0",
            ),
            ("invalid type: map, expected a string", "invalid type: a table, expected a string"),
            ("invalid type: sequence, expected a boolean", "invalid type: a list, expected true or false"),
            (
                "invalid value: integer `0`, expected a nonzero u32",
                "invalid value: integer `0`, expected a whole number from 1",
            ),
        ] {
            assert_eq!(plain(why), words);
        }
    }

    #[test]
    fn the_value_and_other_reasons_stay() {
        let why = "invalid type: string \"a: map, expected usize\", expected f64";
        assert_eq!(plain(why), "invalid type: string \"a: map, expected usize\", expected a finite number");
        for why in
            ["unknown variant `x`, expected one of `a`, `b`", "`30` is no duration", "a secret is a string"]
        {
            assert_eq!(plain(why), why);
        }
    }
}
