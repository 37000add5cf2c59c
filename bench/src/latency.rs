//! How long things took.

use hdrhistogram::Histogram;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Nanoseconds, in three digits, from 100 ns to five minutes; what took longer counts as five minutes.
#[derive(Debug)]
pub struct Latency(pub Histogram<u64>);

const SHORTEST: u64 = 100;
const LONGEST: u64 = 300_000_000_000;

impl Default for Latency {
    fn default() -> Latency {
        Latency(Histogram::new_with_bounds(SHORTEST, LONGEST, 3).expect("the bounds are sound"))
    }
}

impl Latency {
    /// Notes one duration in nanoseconds.
    #[inline]
    pub fn record(&mut self, nanos: u64) {
        self.0.saturating_record(nanos);
    }

    /// The usual figures; `None` if nothing was noted.
    pub fn summary(&self) -> Option<Summary> {
        let at = |quantile| micros(self.0.value_at_quantile(quantile));
        (!self.0.is_empty()).then(|| Summary {
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: micros(self.0.max()),
            mean: (self.0.mean() / 10.0).round() / 100.0,
            n: self.0.len(),
        })
    }
}

/// As pairs of a value and how often it was noted.
impl Serialize for Latency {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.0.iter_recorded().map(|step| (step.value_iterated_to(), step.count_at_value())))
    }
}

impl<'de> Deserialize<'de> for Latency {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Latency, D::Error> {
        let pairs = Vec::<(u64, u64)>::deserialize(from)?;
        let mut latency = Latency::default();
        pairs.into_iter().for_each(|(value, count)| latency.0.saturating_record_n(value, count));
        Ok(latency)
    }
}

#[expect(clippy::cast_precision_loss, reason = "durations fit a float exactly for 104 days")]
fn micros(nanos: u64) -> f64 {
    (nanos as f64 / 10.0).round() / 100.0
}

/// Percentiles in microseconds.
#[derive(Serialize, Deserialize, Clone, Copy, Debug)]
pub struct Summary {
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
    pub p999: f64,
    pub max: f64,
    pub mean: f64,
    /// How many were noted.
    pub n: u64,
}
