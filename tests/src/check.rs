use shared::random::Random;
use shared::store::Table;
use shared::store::check::Check;
use tokio::process::Command;

use crate::App;

impl App {
    /// That all items of the table agree with each other, as `cargo xtask fsck` looks at them.
    #[track_caller]
    pub fn expect_whole(&self) -> impl Future<Output = ()> + use<> {
        expect_whole(self.table())
    }
}

/// The same of any table.
#[track_caller]
pub fn expect_whole(table: Table) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    async move {
        let report = Check::new(&table, Random::system(), 1).run(false, |_| ()).await.unwrap();
        let damage: Vec<String> = report.damage.iter().map(ToString::to_string).collect();
        assert!(damage.is_empty(), "{caller}:\n{}", damage.join("\n"));
        assert!(report.unsettled.is_empty(), "{caller}: {:?}", report.unsettled);
    }
}

/// What `cargo xtask fsck` ended with.
pub struct Fsck {
    code: Option<i32>,
    /// Its standard output.
    pub printed: String,
}

impl Fsck {
    /// That it ended with this code.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}", self.printed);
        self
    }
}

/// Runs `cargo xtask fsck`.
pub async fn fsck(args: &[&str]) -> Fsck {
    let output = Command::new(App::binaries().join("xtask")).arg("fsck").args(args).output().await;
    let output = output.expect("`make test` builds it first");
    Fsck { code: output.status.code(), printed: String::from_utf8(output.stdout).unwrap() }
}
