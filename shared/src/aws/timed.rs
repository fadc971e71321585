use std::error::Error;

use aws_sdk_dynamodb::config::interceptors::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
    FinalizerInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};

use crate::timing::{self, Service};

type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

/// Counts the calls of a client, and their attempts, in the [`Timing`](timing::Timing) of the request under way.
#[derive(Debug)]
pub(crate) struct Timed(pub(crate) Service);

impl Intercept for Timed {
    fn name(&self) -> &'static str {
        "timed calls"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &mut ConfigBag,
    ) -> Outcome {
        timing::begin(self.0);
        Ok(())
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Outcome {
        timing::begin_attempt();
        Ok(())
    }

    fn read_after_attempt(
        &self,
        _: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Outcome {
        timing::end_attempt();
        Ok(())
    }

    fn read_after_execution(
        &self,
        _: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Outcome {
        timing::end(self.0);
        Ok(())
    }
}
