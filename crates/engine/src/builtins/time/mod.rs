//! Times, as nanoseconds since 1970 began in UTC.
//!
//! Takes and gives such numbers, dates and texts in Go's layouts. Signatures of requests, certificates, dates of
//! responses and formats of schemas use the calendar and the layouts too. It must not know what time it is: that the host says.

pub(super) mod calendar;
#[cfg(feature = "time")]
mod calls;
pub(super) mod duration;
pub(super) mod layout;
pub(super) mod reading;

#[cfg(feature = "time")]
pub(super) use calls::TABLE;
