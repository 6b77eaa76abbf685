//! When an evaluation has to end for what is outside of it.

use super::Limits;
use crate::host::Host;
use crate::value::serde::SerdeError;

impl Limits {
    /// Fails when the time is over or the host wants an end: whatever takes long asks now and then.
    pub(crate) fn watch(&self, host: &dyn Host) -> Result<(), SerdeError> {
        if let Some(deadline) = self.deadline {
            match host.now() {
                Some(now) if now <= deadline => {}
                Some(_) => return Err(SerdeError::limit("the deadline has passed")),
                None => return Err(SerdeError::limit("there is a deadline but no clock")),
            }
        }
        if host.is_cancelled() {
            return Err(SerdeError::cancelled("caller cancelled query execution"));
        }
        Ok(())
    }
}
