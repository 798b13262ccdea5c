use super::keys::section;
use super::values::text;

section! {
    /// Optedo's descriptions for Officient's two built-in leave types; `None`: the name of the calendar event.
    #[derive(Default)]
    LeaveTypes("leave_types") {
        sick_day: Option<String> = optional("Ziekte", text);
        education: Option<String> = optional("Opleiding", text);
    }
}
