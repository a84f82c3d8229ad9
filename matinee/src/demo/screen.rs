//! A terminal with lines that stay, and live ones below them.

/// To the end of the screen.
const ERASE: &str = "\x1b[J";
/// What is wider than the terminal is cut by the terminal, which knows how wide it is now.
const CUT: &str = "\x1b[?7l";
const WRAP: &str = "\x1b[?7h";

/// What is on the screen. Lines that stay are plain ones, which a terminal can break anew when its width changes.
#[derive(Debug, Default)]
pub(super) struct Screen {
    live: Vec<String>,
}

impl Screen {
    /// What to write so that `text` stays above the live lines.
    pub fn stay(&mut self, text: &str) -> String {
        let live = std::mem::take(&mut self.live);
        let height = live.len();
        self.draw(height, &format!("{text}\n"), live)
    }

    /// What to write so that these are the live lines. None: the screen is as if there had not been any.
    pub fn show(&mut self, live: Vec<String>) -> String {
        self.draw(self.live.len(), "", live)
    }

    /// In one piece, so that nobody sees it half drawn. The cursor is below the live lines before and after.
    fn draw(&mut self, height: usize, stays: &str, live: Vec<String>) -> String {
        let mut out = "\r".to_owned();
        if height > 0 {
            out += &format!("\x1b[{height}A");
        }
        out.extend([ERASE, stays, CUT]);
        live.iter().for_each(|line| out.extend([line, "\n"]));
        out.push_str(WRAP);
        self.live = live;
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_comes_above_what_is_live() {
        let mut screen = Screen::default();
        assert_eq!(screen.stay("a"), "\r\x1b[Ja\n\x1b[?7l\x1b[?7h");
        assert_eq!(screen.show(vec!["x".into(), "y".into()]), "\r\x1b[J\x1b[?7lx\ny\n\x1b[?7h");
        assert_eq!(screen.stay("b"), "\r\x1b[2A\x1b[Jb\n\x1b[?7lx\ny\n\x1b[?7h");
        assert_eq!(screen.show(Vec::new()), "\r\x1b[2A\x1b[J\x1b[?7l\x1b[?7h");
        assert_eq!(screen.stay("c"), "\r\x1b[Jc\n\x1b[?7l\x1b[?7h");
    }
}
