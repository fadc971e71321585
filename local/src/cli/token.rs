//! The command that prints a token of the local administrator.

use std::path::Path;

use shared::domain::User;

use super::options::Options;

/// Returns the command that prints the administrator's token.
///
/// `xtask` finds the same secret as this process: a given one, else that of the data directory.
pub(super) fn command(options: &Options, admin: &User) -> String {
    let is_given = |name: &str| {
        options.environment.iter().any(|(given, _)| given == name)
            || std::env::var(name).is_ok_and(|value| !value.is_empty())
    };
    let secret = is_given("ACCESS_TOKEN_SECRET")
        .then(|| "ACCESS_TOKEN_SECRET=${ACCESS_TOKEN_SECRET:?as of this API} ".to_owned());
    let data_dir = options.data_dir();
    let data_dir = (data_dir != Path::new("./.local")).then(|| {
        let data_dir = std::path::absolute(&data_dir).unwrap_or(data_dir);
        format!("DATA_DIR={} ", word(&data_dir))
    });
    let epoch = Some(admin.auth_epoch).filter(|epoch| *epoch > 0).map(|epoch| format!(" --epoch {epoch}"));
    format!(
        "{}{}cargo xtask token --user {} --admin{}",
        secret.unwrap_or_default(),
        data_dir.unwrap_or_default(),
        admin.id,
        epoch.unwrap_or_default(),
    )
}

/// Returns the path as one word of a shell.
fn word(path: &Path) -> String {
    let path = path.display().to_string();
    if path.chars().all(|letter| letter.is_ascii_alphanumeric() || "/._-".contains(letter)) {
        return path;
    }
    format!("'{}'", path.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_a_path_as_one_word() {
        for path in [".local", "/tmp/a b", "it's", "$HOME;x", "~"] {
            let output = std::process::Command::new("sh")
                .args(["-c", &format!("printf %s {}", word(Path::new(path)))])
                .output();
            assert_eq!(String::from_utf8(output.unwrap().stdout).unwrap(), path);
        }
    }
}
