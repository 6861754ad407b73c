//! The ClickHouse of a running program, asked directly.

use std::path::Path;

use anyhow::{Context, Result, ensure};

/// Asks with the rights of the program.
#[derive(Clone)]
pub struct Direct {
    client: reqwest::Client,
    url: reqwest::Url,
    password: String,
}

impl Direct {
    /// The engine in this data folder.
    pub fn of(data: &Path) -> Result<Direct> {
        let home = data.join("clickhouse");
        let read = |name| -> Result<String> {
            let text = std::fs::read_to_string(home.join(name));
            Ok(text.with_context(|| format!("no {name}"))?.trim().to_owned())
        };
        let url = format!("http://127.0.0.1:{}/", read("port")?).parse()?;
        let client = reqwest::Client::builder().no_proxy().tcp_nodelay(true).build()?;
        Ok(Direct { client, url, password: read("app.password")? })
    }

    /// The bytes of an answer.
    pub async fn ask(&self, statement: &str, parameters: &[(&str, String)]) -> Result<Vec<u8>> {
        let mut url = self.url.clone();
        url.query_pairs_mut().append_pair("database", "stratum").extend_pairs(
            parameters.iter().map(|(name, value)| (format!("param_{name}"), value.as_str())),
        );
        let request = self.client.post(url).header("X-ClickHouse-User", "app");
        let request = request.header("X-ClickHouse-Key", &self.password);
        let answer = request.body(statement.to_owned()).send().await?;
        let status = answer.status();
        let bytes = answer.bytes().await?.to_vec();
        ensure!(status.is_success(), "{}", String::from_utf8_lossy(&bytes));
        Ok(bytes)
    }
}
