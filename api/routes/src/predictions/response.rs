//! `POST /predictions/response`

use axum::extract::State;
use serde::{Deserialize, Serialize};
use stratum_forecast::response::{
    ChannelEffect, Control, Estimate, Knowledge, LiftTest, Response, ResponseConfig, ResponseError,
    Series, Spend,
};
use stratum_http::answer::{Answer, Answered, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::body::Body;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

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

/// What sales were, what was spent, and whatever else moved them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResponseRequest {
    /// The length of a step.
    step: Step,
    /// Sales a step, oldest first, without a gap; at most 1100.
    target: Vec<f64>,
    /// What was spent, 1 to 20 channels.
    channels: Vec<ChannelSpend>,
    /// Other drivers that are known, such as promotions or a competitor's sales; at most 20.
    #[serde(default)]
    controls: Vec<ControlValues>,
    /// What experiments found; at most 50.
    #[serde(default)]
    lift_tests: Vec<LiftTestRequest>,
}

/// The length of a step.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Step {
    Daily,
    Weekly,
}

/// A channel's spend.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChannelSpend {
    /// The channel.
    name: String,
    /// Amount a step, as many as `target` has.
    spend: Vec<f64>,
}

/// A driver that is no spend.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ControlValues {
    /// What it is.
    name: String,
    /// Its value a step, as many as `target` has.
    values: Vec<f64>,
}

/// What an experiment found.
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

/// How each channel's spend works.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResponseAnswer {
    /// Steps that were fitted.
    steps: usize,
    /// How often an interval is meant to hold.
    level: f64,
    /// Half the width of the interval of a step's sales, by steps that were left out of the fit.
    step_margin: f64,
    /// The channels, in the order asked for.
    channels: Vec<ChannelAnswer>,
}

/// How far data show the effect of a channel.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum EffectKnowledge {
    /// The effect can be distinguished from none.
    Known,
    /// The effect may as well be none.
    Weak,
    /// Spend never varied enough.
    NeverVaried,
    /// Spend changed only together with other channels, the season or a control.
    MovedWithOthers,
}

impl From<Knowledge> for EffectKnowledge {
    fn from(knowledge: Knowledge) -> EffectKnowledge {
        match knowledge {
            Knowledge::Known => EffectKnowledge::Known,
            Knowledge::Weak => EffectKnowledge::Weak,
            Knowledge::NeverVaried => EffectKnowledge::NeverVaried,
            Knowledge::MovedWithOthers => EffectKnowledge::MovedWithOthers,
        }
    }
}

/// A channel's part.
#[derive(Debug, Serialize, ToSchema)]
struct ChannelAnswer {
    /// The channel.
    name: String,
    /// Amount spent over all steps.
    spend: f64,
    /// Sales it brought over all steps.
    contribution: Interval,
    /// Contribution / spend; null without spend.
    roas: Option<Interval>,
    /// Sales that the next steady unit a step brings, at the mean spend.
    marginal_roas: Interval,
    /// How far the data show the effect.
    knowledge: EffectKnowledge,
    /// The same in words.
    statement: &'static str,
    /// Share of a step's effect that goes on into the next, 0 to below 1.
    carry_over: f64,
    /// Adstocked spend a step at which half of `most` is reached.
    half_saturation: f64,
    /// Steepness of the saturation: up to 1 the curve is concave, above it S-shaped.
    slope: f64,
    /// The most that it can bring a step.
    most: f64,
}

/// A figure and how sure it is.
#[derive(Debug, Serialize, ToSchema)]
struct Interval {
    value: f64,
    lower: f64,
    upper: f64,
}

impl From<Estimate> for Interval {
    fn from(estimate: Estimate) -> Interval {
        Interval { value: estimate.value, lower: estimate.low, upper: estimate.high }
    }
}

/// Fits response curves.
///
/// Carry-over and saturation of each channel, fitted with trend, season and the controls given, its
/// effect never negative; a lift test is further evidence, weighed by its standard error. Says what
/// each channel brought and what its next unit would bring, and where the data cannot tell. Nothing of
/// it is kept.
#[utoipa::path(
    post, path = "/api/v1/predictions/response", tag = "predictions", security(("bearer" = [])),
    request_body = ResponseRequest,
    responses(
        (status = 200, body = Answer<ResponseAnswer>),
        (status = 422, body = RefusalBody, description = "columns of different length, too few steps, or a field breaks a rule"),
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
    let config = ResponseConfig {
        year_steps: match request.step {
            Step::Daily => 365.25,
            Step::Weekly => 52.18,
        },
        ..ResponseConfig::default()
    };
    let work = move || {
        // A caller that leaves does not free a core that is busy.
        let _turn = turn;
        let (series, tests) = request.series();
        let response = Response::fit(&series, &tests, &config).map_err(unfit)?;
        Ok(answer(&response, &series, config.level))
    };
    let worked = tokio::task::spawn_blocking(work).await;
    worked.map_err(|_| Refusal::internal())?.map(Answer::of)
}

fn unfit(error: ResponseError) -> Refusal {
    let field = match &error {
        ResponseError::TooShort { .. } => "target",
        ResponseError::LiftTest { .. } => "lift_tests",
        _ => "",
    };
    Refusal::unprocessable(field, error.to_string())
}

fn answer(response: &Response, series: &Series, level: f64) -> ResponseAnswer {
    let effects = response.effects(series).into_iter();
    let channels = effects.zip(&response.shapes).zip(&response.tops);
    let channels = channels.map(|((effect, shape), top)| {
        let ChannelEffect { channel, spend, contribution, roas, marginal, knowledge } = effect;
        ChannelAnswer {
            name: channel,
            spend,
            contribution: contribution.into(),
            roas: roas.map(Interval::from),
            marginal_roas: marginal.into(),
            statement: knowledge.statement(),
            knowledge: knowledge.into(),
            carry_over: shape.decay,
            half_saturation: shape.half,
            slope: shape.slope,
            most: *top,
        }
    });
    let (steps, channels) = (series.target.len(), channels.collect());
    ResponseAnswer { steps, level, step_margin: response.margin, channels }
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
            channels: channels.map(|one| Spend { name: one.name, amounts: one.spend }).collect(),
            controls: controls.map(|one| Control { name: one.name, values: one.values }).collect(),
            start: 0,
        };
        (series, tests.collect())
    }
}
