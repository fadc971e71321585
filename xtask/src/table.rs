//! The table that a chore works on: that of `make run`, running or not, or one on AWS.

use std::path::{Path, PathBuf};

use local::stack::{ENDPOINT_FILE, Stack, StartError};
use shared::store::Table;

use crate::error::read;
use crate::{Error, template};

/// The place of a table.
#[derive(clap::Args, Debug, Default)]
pub struct Place {
    /// The table; by default the template's first one. Without --endpoint it is on AWS, with `AWS_REGION`,
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and, for temporary credentials, `AWS_SESSION_TOKEN`
    #[arg(long)]
    pub table: Option<String>,
    /// The endpoint of the table's DynamoDB if it is not on AWS: that of `make run`
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<String>,
    /// The folder with the data of `make run`, which is used if neither of the others is given; it may be in use
    #[arg(long, env = "DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

/// A table, and the stack that serves it for as long as the chore runs, if nobody else does.
pub(crate) struct Opened {
    pub(crate) table: Table,
    served: Option<Stack>,
}

impl Place {
    /// Tells whether the table is on AWS.
    pub(crate) fn is_on_aws(&self) -> bool {
        self.table.is_some() && self.endpoint.is_none()
    }

    /// Returns the folder with the data of `make run`.
    pub(crate) fn data_dir(&self, root: &Path) -> PathBuf {
        self.data_dir.clone().unwrap_or_else(|| root.join(".local"))
    }

    /// Opens the table.
    pub(crate) async fn open(&self, root: &Path) -> Result<Opened, Error> {
        let name = || match &self.table {
            Some(table) => Ok::<_, Error>(table.clone()),
            None => {
                Ok(template::load(root)?.tables.first().map(|table| table.name.clone()).unwrap_or_default())
            }
        };
        let here = |table| Opened { table, served: None };
        match (&self.table, &self.endpoint) {
            (_, Some(endpoint)) => Ok(here(Table::embedded(&name()?, endpoint)?)),
            (Some(table), None) => Ok(here(Table::named_from_env(table.clone())?)),
            (None, None) => {
                let data = self.data_dir(root);
                let served = serve(&data, root).await?;
                // A `local` that uses the data has published its endpoint; otherwise the data is served here.
                let endpoint = match &served {
                    Some(stack) => stack.dynamodb_url(),
                    None => read(&data.join(ENDPOINT_FILE))?,
                };
                Ok(Opened { table: Table::embedded(&name()?, endpoint.trim())?, served })
            }
        }
    }
}

impl Opened {
    /// Ends what the chore started.
    pub(crate) async fn close(self) {
        if let Some(stack) = self.served {
            stack.shutdown().await;
        }
    }
}

/// Serves the data unless another process has it open.
async fn serve(data: &Path, root: &Path) -> Result<Option<Stack>, Error> {
    let builder = Stack::builder().template(root.join("template.yaml")).data_dir(data).quiet();
    match builder.start().await {
        Ok(stack) => Ok(Some(stack)),
        Err(StartError::DataInUse(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
