//! Parts of a template without their places in the file. Two versions of a template are compared in this way.

use super::{Destination, Function, Template};

impl Template {
    /// Returns the queues and triggers without their lines. The parts that a restart does not need keep theirs.
    pub(crate) fn without_lines(&self) -> Self {
        let mut template = self.clone();
        for queue in &mut template.queues {
            queue.line = 0;
            queue.redrive.iter_mut().for_each(|redrive| redrive.line = 0);
        }
        let triggers = &mut template.triggers;
        triggers.objects.iter_mut().for_each(|trigger| trigger.line = 0);
        triggers.queues.iter_mut().for_each(|trigger| trigger.line = 0);
        triggers.schedules.iter_mut().for_each(|trigger| trigger.line = 0);
        for trigger in &mut triggers.streams {
            trigger.line = 0;
            trigger.failure.iter_mut().for_each(Destination::forget_line);
        }
        template
    }
}

impl Function {
    /// Returns the function without lines.
    pub(crate) fn without_lines(&self) -> Self {
        let mut function = self.clone();
        function.url.iter_mut().for_each(|url| url.line = 0);
        let destinations = &mut function.destinations;
        for destination in
            [&mut destinations.success, &mut destinations.failure, &mut destinations.dead_letter]
        {
            destination.iter_mut().for_each(Destination::forget_line);
        }
        function
    }
}

impl Destination {
    fn forget_line(&mut self) {
        self.line = 0;
    }
}
