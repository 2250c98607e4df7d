//! Experiments: created, changed while open, closed once.

use crate::script::check;

#[test]
fn an_experiment_says_what_it_is_about() {
    check(
        r#"
        given owner room r1
        and   owner/ws_b room rb
        when local experiment x1 budget=0 risk=low                         -> experiment.created
        then E1 experiment x2 budget=1.5 risk=high room=r1                 -> experiment.created
        then owner experiment x3 budget=1e12 risk=medium success=["a"] stop={"b":1} metadata={"c":null} -> experiment.created
        then local experiment x4 budget=1 risk=low room=nowhere            -> reject room_not_found
        then local experiment x4 budget=1 risk=low room=rb                 -> reject room_not_found
        then local experiment x4 budget=1 risk=low title=" "               -> reject missing_title title
        then local experiment x4 budget=1 risk=low title=x*301             -> reject field_too_long title
        then local experiment x4 budget=1 risk=low hypothesis=" "          -> reject missing_hypothesis hypothesis
        then local experiment x4 budget=1 risk=low hypothesis=x*8001       -> reject field_too_long hypothesis
        then local experiment x4 risk=low                                  -> reject invalid_budget_cap_units budget_cap_units
        then local experiment x4 budget=-1 risk=low                        -> reject invalid_budget_cap_units budget_cap_units
        then local experiment x4 budget=1.1e12 risk=low                    -> reject invalid_budget_cap_units budget_cap_units
        then local experiment x4 budget=null risk=low                      -> reject invalid_budget_cap_units budget_cap_units
        then local experiment x4 budget=[1] risk=low                       -> reject invalid_budget_cap_units budget_cap_units
        then local experiment x4 budget=1                                  -> reject invalid_risk_tier risk_tier
        then local experiment x4 budget=1 risk=Low                         -> reject invalid_risk_tier risk_tier
        then local experiment x4 budget=1 risk=low success={"a":"\u0000"}  -> reject invalid_text success_criteria
        then local experiment x4 budget=1 risk=low id=owner                -> reject actor_reserved actor_id
        then local experiment x4 budget=1 risk=low id=ann                  -> experiment.created
        "#,
    );
}

#[test]
fn an_experiment_is_changed_while_it_is_open() {
    check(
        r#"
        given owner room r1
        and   local experiment x1 budget=1 risk=low
        when local change x1                       -> reject empty_update body
        then local change x1 metadata=null         -> reject empty_update body
        then local change x1 title=" "             -> reject missing_title title
        then local change x1 budget=-1             -> reject invalid_budget_cap_units budget_cap_units
        then local change x1 risk=none             -> reject invalid_risk_tier risk_tier
        then local change nowhere title=t          -> reject experiment_not_found
        then owner/ws_b change x1 title=t          -> reject experiment_not_found
        then local change x1 title=t budget=2      -> experiment.updated
        then E1 change x1 hypothesis=h             -> experiment.updated
        then local conclude x1                        -> experiment.closed ; closed 0 active
        then local change x1 title=t               -> reject experiment_not_open
        then local conclude x1                        -> reject experiment_not_open
        then local conclude x1 force=yes              -> reject experiment_not_open
        then owner/ws_b conclude x1                   -> reject experiment_not_found
        "#,
    );
}

#[test]
fn runs_belong_to_an_open_experiment_of_their_room() {
    check(
        r#"
        given owner room r1
        and   owner room r2
        and   local experiment x1 budget=1 risk=low room=r1
        and   local experiment x2 budget=1 risk=low
        when local run q1 r2 experiment=x1         -> reject experiment_room_mismatch experiment_id
        then local run q1 r1 experiment=nowhere    -> reject experiment_not_found
        then owner/ws_b room rb                    -> room.created
        then owner/ws_b run q1 rb experiment=x2    -> reject experiment_not_found
        then local run q1 r1 experiment=x1         -> run.created
        then local run q2 r2 experiment=x2         -> run.created
        then local conclude x1                        -> reject experiment_has_active_runs
        then local conclude x1 force=yes reason=r     -> experiment.closed ; stopped 1 active
        then local run q3 r1 experiment=x1         -> reject experiment_not_open
        then local cancel q2                       -> run.cancelled
        then local conclude x2 force=yes              -> experiment.closed ; closed 0 active
        "#,
    );
}
