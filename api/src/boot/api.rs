//! Puts together what the handlers of the API work with.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use axum::Router;
use stratum_http::auth::AuthServices;
use stratum_http::auth::password::Passwords;
use stratum_http::auth::refusals::Refusals;
use stratum_http::auth::sessions::Sessions;
use stratum_http::edge::Edge;
use stratum_http::live::{self, Hub, UpdateSeal};
use stratum_models::entropy::Ids;
use stratum_query::answers::CachedReader;
use stratum_routes::imports::ImportDesk;
use stratum_server::{OperatorServices, Services};
use stratum_state::PostgresState;
use stratum_state::directory::StateDirectory;
use stratum_state::fx_copies::StateFxRates;
use tokio::sync::Semaphore;

use super::process::Process;
use super::settings::Settings;
use super::sign_in::{self, SignIn};
use super::system::{SystemClock, SystemEntropy};
use super::{exports, process_health, stage};
use crate::page;

impl Process {
    /// The routes of the API, with all they need running.
    pub(super) fn api(
        &mut self,
        settings: &Settings,
        state: PostgresState,
        directory: Arc<StateDirectory>,
        passwords: Passwords,
        sign_in: SignIn,
        edge: &Edge,
    ) -> Result<Router> {
        let SignIn { tokens, live_ids, revocations, resets, mail, ids } = sign_in;
        let auth = Arc::new(AuthServices {
            directory,
            tokens,
            revocations,
            sessions: Sessions::new(settings.auth.verified_tokens_max),
            refusals: self.follow_refusals(&state),
            state,
            clock: Arc::new(SystemClock),
            config: settings.auth.settled(settings.mail.has_server()),
        });
        let live = self.follow_updates(settings, &ids, live_ids)?;
        let routes = Arc::new(self.routes(settings, auth.clone(), live)?);
        let operator = OperatorServices {
            token: self.operator_token(settings)?,
            log: self.stores.log.clone(),
            tails: Arc::new(Semaphore::new(settings.server.tails_max)),
            forecasts: routes.forecasts.clone(),
            ids: ids.clone(),
            stop: self.stop_serving.clone(),
        };
        let warehouse = self.stores.warehouse.clone().context("the API has no warehouse")?;
        let account = Arc::new(stratum_account::Services {
            auth: auth.clone(),
            passwords,
            resets,
            mail,
            public_url: settings.mail.public_url.clone(),
            demo: self.demo.clone(),
            persons: Arc::new(warehouse),
            keys: self.stores.identifier_keys(settings)?,
            letters: sign_in::letter_folder(&settings.mail, &self.stores.data),
            export_files: exports::folder(settings, &self.stores),
            ids,
            entropy: Arc::new(SystemEntropy),
            clock: Arc::new(SystemClock),
            process: process_health::look(
                self.roles,
                self.stores.data.clone(),
                self.recorder.clone(),
            ),
        });
        let log = self.stores.log.clone();
        let services = Services { auth, account, routes, operator, log };
        Ok(stratum_server::api(services, &settings.server, edge, page::router()))
    }

    fn routes(
        &mut self,
        settings: &Settings,
        auth: Arc<AuthServices>,
        live: Arc<Hub>,
    ) -> Result<stratum_routes::Services> {
        let warehouse = self.stores.warehouse.clone().context("the API has no warehouse")?;
        let warehouse = Arc::new(CachedReader::new(warehouse, &settings.query_cache));
        Ok(stratum_routes::Services {
            fx: StateFxRates::new(auth.state.clone(), &settings.state),
            auth,
            forecasts: self.forecasts(settings, warehouse.clone())?,
            warehouse,
            range_days_max: settings.server.range_days_max,
            exports: exports::exports(settings, &self.stores)?,
            keys: self.stores.identifier_keys(settings)?,
            trials: stage::platforms(settings, settings.pull.trial())?,
            pull: settings.pull.clone(),
            deliveries: stage::delivery_platforms(settings)?,
            deliver: settings.deliver.clone(),
            log: self.stores.log.clone().context("the API has no log")?,
            ids: Ids::new(Arc::new(SystemClock), Arc::new(SystemEntropy)),
            appender: self.appender(settings)?,
            imports: ImportDesk::new(settings.import.clone(), settings.ingest.row_limits()),
            live,
            bounds: settings.tenant_limits.clone(),
            clock: Arc::new(SystemClock),
            stop: self.stop_serving.clone(),
        })
    }

    /// The refusals of callers, followed by what writes them down.
    fn follow_refusals(&mut self, state: &PostgresState) -> Arc<Refusals> {
        let refusals = Arc::new(Refusals::default());
        let (followed, state) = (refusals.clone(), state.clone());
        let stop = self.stop_stages.clone();
        self.stages.spawn(async move { followed.follow(&state, stop).await });
        refusals
    }

    fn follow_updates(
        &mut self,
        settings: &Settings,
        ids: &Ids,
        seal: UpdateSeal,
    ) -> Result<Arc<Hub>> {
        let log = self.stores.log.clone().context("the API has no log")?;
        let hub = Arc::new(Hub::new(settings.live.clone(), seal));
        let (reader, stop) = (ids.next(), self.stop_stages.clone());
        self.stages.spawn(live::follow(hub.clone(), log, reader, stop));
        Ok(hub)
    }
}
