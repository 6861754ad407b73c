//! The ClickHouse of a running program, asked directly.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use futures::StreamExt as _;

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
        let answer = self.send(statement, parameters).await?;
        let status = answer.status();
        let bytes = answer.bytes().await?.to_vec();
        ensure!(status.is_success(), "{}", String::from_utf8_lossy(&bytes));
        Ok(bytes)
    }

    /// How many bytes an answer has, which are let go as they come.
    pub async fn drain(&self, statement: &str, parameters: &[(&str, String)]) -> Result<u64> {
        let answer = self.send(statement, parameters).await?;
        ensure!(answer.status().is_success(), "{}", answer.text().await?);
        let mut chunks = answer.bytes_stream();
        let mut bytes = 0;
        while let Some(chunk) = chunks.next().await {
            bytes += chunk?.len() as u64;
        }
        Ok(bytes)
    }

    async fn send(
        &self,
        statement: &str,
        parameters: &[(&str, String)],
    ) -> Result<reqwest::Response> {
        let mut url = self.url.clone();
        url.query_pairs_mut().append_pair("database", "stratum").extend_pairs(
            parameters.iter().map(|(name, value)| (format!("param_{name}"), value.as_str())),
        );
        let request = self.client.post(url).header("X-ClickHouse-User", "app");
        let request = request.header("X-ClickHouse-Key", &self.password);
        Ok(request.body(statement.to_owned()).send().await?)
    }
}
