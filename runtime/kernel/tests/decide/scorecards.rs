//! Scorecards: what is judged, by what, and what it comes to.

use crate::script::{check, play};
use crate::world::World;
use kernel::{canonical, chain};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

fn judged(words: &str) -> Value {
    let mut world = World::new();
    play(&mut world, &format!("given local judge k1 {words}"));
    world.log[0].draft.event.data()
}

#[test]
fn a_score_is_the_mean_by_weight_within_its_bounds() {
    for (metrics, score, decision) in [
        (r#"[{"key":"a","value":1}]"#, 1.0, "pass"),
        (r#"[{"key":"a","value":0.75}]"#, 0.75, "pass"),
        (r#"[{"key":"a","value":0.7499}]"#, 0.7499, "warn"),
        (r#"[{"key":"a","value":0.5}]"#, 0.5, "warn"),
        (r#"[{"key":"a","value":0.4999}]"#, 0.4999, "fail"),
        (r#"[{"key":"a","value":0}]"#, 0.0, "fail"),
        (r#"[{"key":"a","value":7}]"#, 1.0, "pass"),
        (r#"[{"key":"a","value":-7}]"#, 0.0, "fail"),
        (
            r#"[{"key":"a","value":1,"weight":3},{"key":"b","value":0}]"#,
            0.75,
            "pass",
        ),
        (
            r#"[{"key":"a","value":1,"weight":null},{"key":"b","value":0,"weight":1}]"#,
            0.5,
            "warn",
        ),
        (
            r#"[{"key":"a","value":1,"weight":0},{"key":"b","value":0,"weight":0.001}]"#,
            0.0,
            "fail",
        ),
        (
            r#"[{"key":"a","value":1e9,"weight":1e9},{"key":"b","value":-1e9,"weight":1e9}]"#,
            0.0,
            "fail",
        ),
    ] {
        let data = judged(&format!("metrics={metrics}"));
        assert_eq!(
            (&data["score"], &data["decision"]),
            (&json!(score), &json!(decision)),
            "{metrics}"
        );
    }
}

#[test]
fn the_hash_is_of_the_metrics_as_they_were_taken() {
    let data =
        judged(r#"metrics=[{"value":0.25,"key":"\u0020b\u0020","other":1},{"key":"a","value":1}]"#);
    let metrics = json!([{"key": "b", "value": 0.25, "weight": 1.0}, {"key": "a", "value": 1.0, "weight": 1.0}]);
    assert_eq!(data["metrics"], metrics);
    let canonical = canonical::to_string(&metrics);
    assert_eq!(
        canonical,
        r#"[{"key":"b","value":0.25,"weight":1},{"key":"a","value":1,"weight":1}]"#
    );
    assert_eq!(
        data["metrics_hash"],
        chain::display(&Sha256::digest(canonical).into())
    );
}

#[test]
fn metrics_that_cannot_be_weighed_are_refused() {
    let many: Vec<Value> = (0..101)
        .map(|n| json!({"key": n.to_string(), "value": 1}))
        .collect();
    for (metrics, field) in [
        ("null".to_owned(), "metrics"),
        ("{}".to_owned(), "metrics"),
        ("[]".to_owned(), "metrics"),
        (json!(many).to_string(), "metrics"),
        (
            r#"[{"key":"a","value":1,"weight":0}]"#.to_owned(),
            "metrics",
        ),
        ("[1]".to_owned(), "metrics[0]"),
        (r#"[{"key":"a"}]"#.to_owned(), "metrics[0]"),
        (r#"[{"value":1}]"#.to_owned(), "metrics[0]"),
        (r#"[{"key":"a","value":"1"}]"#.to_owned(), "metrics[0]"),
        (
            r#"[{"key":"a","value":1},{"key":"b","value":1,"weight":"x"}]"#.to_owned(),
            "metrics[1]",
        ),
        (
            r#"[{"key":"\u0020","value":1}]"#.to_owned(),
            "metrics[0].key",
        ),
        (
            r#"[{"key":"a","value":1},{"key":"a","value":1}]"#.to_owned(),
            "metrics[1].key",
        ),
        (
            r#"[{"key":"a","value":1.1e9}]"#.to_owned(),
            "metrics[0].value",
        ),
        (
            r#"[{"key":"a","value":1,"weight":-1}]"#.to_owned(),
            "metrics[0].weight",
        ),
        (
            r#"[{"key":"a","value":1,"weight":1.1e9}]"#.to_owned(),
            "metrics[0].weight",
        ),
    ] {
        check(&format!(
            "when local judge k1 metrics={metrics} -> reject invalid_metrics {field}"
        ));
    }
    check("when local judge k1 -> reject invalid_metrics metrics");
}

#[test]
fn a_scorecard_is_of_things_that_are_there_and_fit() {
    check(
        &r#"
        given owner room r1
        and   local experiment x1 budget=1 risk=low
        and   local experiment x2 budget=1 risk=low
        and   local run q1 r1 experiment=x1
        and   local run q2 r1
        and   local start q1
        and   local complete q1
        and   principal: p1 agent ann
        when local judge k1 M template=" "                    -> reject missing_template_key template_key
        then local judge k1 M version=" "                     -> reject missing_template_version template_version
        then local judge k1 M run=nowhere                     -> reject run_not_found
        then owner/ws_b judge k1 M run=q1                     -> reject run_not_found
        then local judge k1 M experiment=nowhere              -> reject experiment_not_found
        then owner/ws_b judge k1 M experiment=x1              -> reject experiment_not_found
        then local judge k1 M experiment=nowhere run=q1       -> reject experiment_not_found
        then local judge k1 M evidence=nowhere                -> reject evidence_not_found
        then local judge k1 M evidence=evd_q2 run=q2          -> reject evidence_not_found
        then owner/ws_b judge k1 M evidence=evd_q1            -> reject evidence_not_found
        then local judge k1 M evidence=evd_q1 run=q2          -> reject evidence_run_mismatch evidence_id
        then local judge k1 M experiment=x2 run=q1            -> reject experiment_run_mismatch experiment_id
        then local judge k1 M experiment=x2 evidence=evd_q1   -> reject experiment_run_mismatch experiment_id
        then local judge k1 M run=q1 requires_evidence=yes    -> reject missing_evidence_for_template evidence_id
        then local judge k1 M principal=nobody                -> reject principal_not_found
        then local judge k1 M id=owner                        -> reject actor_reserved actor_id
        then local judge k1 M rationale=x*262145              -> reject field_too_long rationale
        then local judge k1 M metadata={"a":"\u0000"}         -> reject invalid_text metadata
        then local judge k1 M run=q1 evidence=evd_q1 experiment=x1 requires_evidence=yes -> scorecard.recorded
        then local judge k2 M run=q2 principal=p1 agent=agt_1 -> scorecard.recorded
        then E1 judge k3 M                                    -> scorecard.recorded
        "#
        .replace(" M", r#" metrics=[{"key":"a","value":1}]"#),
    );
}

#[test]
fn evidence_brings_its_run_along_and_a_run_its_experiment() {
    let mut world = World::new();
    for line in [
        "given owner room r1",
        "and local experiment x1 budget=1 risk=low",
        "and local run q1 r1 experiment=x1 correlation=c1",
        "and local start q1",
        "and local complete q1",
        r#"and local judge k1 evidence=evd_q1 metrics=[{"key":"a","value":1}]"#,
    ] {
        play(&mut world, line);
    }
    let draft = &world.log.last().unwrap().draft;
    let data = draft.event.data();
    assert_eq!(
        (&data["run_id"], &data["experiment_id"]),
        (&json!("q1"), &json!("x1"))
    );
    assert_eq!(draft.correlation_id.as_deref(), Some("c1"));
    assert_eq!(draft.scope.stream().stream_type(), "workspace");
}
