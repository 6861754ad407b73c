//! Where the data lives.

use std::path::PathBuf;

/// The parts of the environment that decide the place.
#[derive(Debug, Default)]
pub struct Surroundings {
    /// Whether the user is root.
    pub is_root: bool,
    /// `$XDG_STATE_HOME`.
    pub state_home: Option<PathBuf>,
    /// `$HOME`.
    pub home: Option<PathBuf>,
}

impl Surroundings {
    /// Those of this process.
    pub fn current() -> Surroundings {
        let path =
            |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        Surroundings {
            is_root: nix::unistd::geteuid().is_root(),
            state_home: path("XDG_STATE_HOME"),
            home: path("HOME"),
        }
    }

    /// The data folder: the configured one (`--data`, `STRATUM_DATA`, `data_dir`), else
    /// `/var/lib/stratum` for root, else `stratum` in the user's state folder. Root's own home will
    /// not do: Postgres runs as another user there and could not pass it.
    pub fn data_dir(&self, configured: &str) -> Option<PathBuf> {
        if !configured.is_empty() {
            return Some(PathBuf::from(configured));
        }
        if self.is_root {
            return Some(PathBuf::from("/var/lib/stratum"));
        }
        let state = self.state_home.clone();
        let state = state.or_else(|| self.home.as_ref().map(|home| home.join(".local/state")));
        state.map(|state| state.join("stratum"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_place_that_is_known_is_taken() {
        let mut around =
            Surroundings { is_root: true, home: Some("/root".into()), ..Default::default() };
        assert_eq!(around.data_dir("/srv/x"), Some("/srv/x".into()));
        assert_eq!(around.data_dir(""), Some("/var/lib/stratum".into()));
        around = Surroundings { home: Some("/home/ana".into()), ..Default::default() };
        assert_eq!(around.data_dir(""), Some("/home/ana/.local/state/stratum".into()));
        around.state_home = Some("/state".into());
        assert_eq!(around.data_dir(""), Some("/state/stratum".into()));
        assert_eq!(Surroundings::default().data_dir(""), None);
    }
}
