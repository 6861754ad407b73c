//! `POST /predictions/response`

mod answer;

use axum::extract::State;
use serde::Deserialize;
use stratum_forecast::response::{
    Belief, Control, LiftTest, Response, ResponseConfig, ResponseError, Series, Spend, Step,
};
use stratum_http::answer::{Answer, Answered, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::body::Body;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::answer::ResponseAnswer;
use super::super::App;

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(fit_response))
}

const STEPS_MAX: usize = 1_100;
const CHANNELS_MAX: usize = 20;
const CONTROLS_MAX: usize = 20;
const LIFT_TESTS_MAX: usize = 50;
const NAME_CHARS_MAX: usize = 100;

/// The sales, the spend, and whatever else moved sales.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResponseRequest {
    /// The length of a step.
    step: StepLength,
    /// Sales a step, oldest first, without a gap; at most 1100.
    target: Vec<f64>,
    /// The spend of 1 to 20 channels.
    channels: Vec<ChannelSpend>,
    /// Other drivers that are known, such as promotions or a competitor's sales; at most 20.
    #[serde(default)]
    controls: Vec<ControlValues>,
    /// The results of experiments; at most 50.
    #[serde(default)]
    lift_tests: Vec<LiftTestRequest>,
    /// The share of sales that you believe all channels together to bring; 29 % ± 16 % without.
    #[serde(default)]
    belief: Option<BeliefRequest>,
}

/// The length of a step.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum StepLength {
    Daily,
    Weekly,
}

/// A share of sales that is believed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BeliefRequest {
    /// The share, above 0 and below 1.
    mean: f64,
    /// The standard deviation of the belief, above 0.
    sd: f64,
}

/// A channel's spend.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChannelSpend {
    /// The channel.
    name: String,
    /// Amount a step, as many as `target` has.
    spend: Vec<f64>,
    /// The part of what all channels bring that you expect of it, 0 to 1; without, half an equal part
    /// and half its part of the spend.
    #[serde(default)]
    expected: Option<f64>,
}

/// A driver that is no spend.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ControlValues {
    /// The control's name.
    name: String,
    /// The control's value a step, as many as `target` has.
    values: Vec<f64>,
}

/// The result of an experiment.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LiftTestRequest {
    /// The channel.
    channel: String,
    /// Steady spend a step without the treatment.
    spend_control: f64,
    /// Steady spend a step with it.
    spend_treated: f64,
    /// Sales a step that the difference brought.
    lift: f64,
    /// Standard error of the lift; above 0.
    standard_error: f64,
}

/// Fits response curves.
///
/// Carry-over and saturation of each channel by Bayesian inference, with trend, seasons and the controls
/// given; a lift test is further evidence, weighed by its standard error. Figures are means of what is
/// possible given the data, with the interval that holds nine times in ten. Says what each channel
/// brought and what its next unit would bring, and where the data cannot tell; how spend works at levels
/// that never were rests on what is believed of such curves, and the intervals are as wide as that.
/// The same request has the same answer. Nothing of it is kept.
#[utoipa::path(
    post, path = "/api/v1/predictions/response", tag = "predictions", security(("bearer" = [])),
    request_body = ResponseRequest,
    responses(
        (status = 200, body = Answer<ResponseAnswer>),
        (status = 422, body = RefusalBody, description = "columns of different length, too few steps, no stable answer, or a field breaks a rule"),
        (status = 429, body = RefusalBody, description = "another fit is under way"),
    ),
)]
pub async fn fit_response(
    State(app): State<App>,
    _caller: Authenticated,
    Body(request): Body<ResponseRequest>,
) -> Answered<ResponseAnswer> {
    request.check()?;
    let turn = app.forecasts.fits.clone().try_acquire_owned();
    let turn = turn.map_err(|_| Refusal::busy("another fit is under way; try again"))?;
    let (step, seasons) = match request.step {
        StepLength::Daily => (Step::Daily, 3),
        StepLength::Weekly => (Step::Weekly, 2),
    };
    let config = ResponseConfig {
        step,
        seasons,
        belief: request.belief.as_ref().map(|belief| Belief { mean: belief.mean, sd: belief.sd }),
        ..ResponseConfig::default()
    };
    let gone = CancellationToken::new();
    let asked = gone.clone();
    let work = move || {
        let _turn = turn;
        let (series, tests) = request.series();
        let response = Response::fit(&series, &tests, &config, &|_| !asked.is_cancelled());
        let response = response.map_err(unfit)?;
        Ok(ResponseAnswer::of(&response, series.target.len(), config.level))
    };
    // A caller that leaves frees the core.
    let _gone = gone.drop_guard();
    let worked = tokio::task::spawn_blocking(work).await;
    worked.map_err(|_| Refusal::internal())?.map(Answer::of)
}

fn unfit(error: ResponseError) -> Refusal {
    let field = match &error {
        ResponseError::TooShort { .. } | ResponseError::NoSales => "target",
        ResponseError::LiftTest { .. } => "lift_tests",
        ResponseError::NoSpend => "channels",
        ResponseError::Belief => "belief",
        _ => "",
    };
    Refusal::unprocessable(field, error.to_string())
}

impl ResponseRequest {
    fn check(&self) -> Result<(), Refusal> {
        let bounds = [
            ("target", self.target.len(), 0, STEPS_MAX),
            ("channels", self.channels.len(), 1, CHANNELS_MAX),
            ("controls", self.controls.len(), 0, CONTROLS_MAX),
            ("lift_tests", self.lift_tests.len(), 0, LIFT_TESTS_MAX),
        ];
        for (field, length, least, most) in bounds {
            if !(least..=most).contains(&length) {
                let message = format!("holds {least} to {most} values");
                return Err(Refusal::unprocessable(field, message));
            }
        }
        let channels = self.channels.iter().map(|channel| ("channels", &channel.name));
        let controls = self.controls.iter().map(|control| ("controls", &control.name));
        let mut names = std::collections::BTreeSet::new();
        for (field, name) in channels.chain(controls) {
            let fits = (1..=NAME_CHARS_MAX).contains(&name.chars().count());
            if !fits || !names.insert(name) {
                let message = format!("names are of 1 to {NAME_CHARS_MAX} characters, each once");
                return Err(Refusal::unprocessable(field, message));
            }
        }
        Ok(())
    }

    fn series(self) -> (Series, Vec<LiftTest>) {
        let channels = self.channels.into_iter();
        let controls = self.controls.into_iter();
        let tests = self.lift_tests.into_iter().map(|test| LiftTest {
            channel: test.channel,
            spend_control: test.spend_control,
            spend_treated: test.spend_treated,
            lift: test.lift,
            standard_error: test.standard_error,
        });
        let series = Series {
            target: self.target,
            channels: channels
                .map(|one| Spend { name: one.name, amounts: one.spend, expected: one.expected })
                .collect(),
            controls: controls.map(|one| Control { name: one.name, values: one.values }).collect(),
            start: 0,
        };
        (series, tests.collect())
    }
}
