//! The stage of an item, for every combination of what it depends on. The table is read from the
//! top, and the first row that fits decides; `*` fits all.

use kernel::review::{
    Entity, EvidenceFact, ExperimentStatus, Facts, RunFact, ScorecardFact, Stage, Verdict,
};
use std::collections::BTreeMap;

const TABLE: &str = "
whole  incident  run        card            evidence  approval  experiment  -> stage
-      *         *          *               *         *         *           -> 1_inbox missing_data
yes    open      *          *               *         *         *           -> 6_demoted
yes    -         failed     *               *         *         *           -> 6_demoted
yes    -         cancelled  *               *         *         *           -> 6_demoted
yes    -         *          fail            *         *         *           -> 6_demoted
yes    -         *          fail_other      *         *         *           -> 6_demoted
yes    -         *          *               rejected  *         *           -> 3_execute_workspace
yes    -         succeeded  none            *         *         *           -> 4_review_evidence
yes    -         succeeded  warn            *         *         *           -> 4_review_evidence
yes    -         succeeded  warn_other      *         *         *           -> 4_review_evidence
yes    -         succeeded  pass            accepted  *         *           -> 5_promoted
yes    -         *          pass            *         *         *           -> 4_review_evidence ghost_evidence_or_mismatch
yes    -         *          pass_other      *         *         *           -> 4_review_evidence ghost_evidence_or_mismatch
yes    -         *          *               review    *         *           -> 4_review_evidence
yes    -         queued     *               *         *         *           -> 3_execute_workspace
yes    -         running    *               *         *         *           -> 3_execute_workspace
yes    -         *          *               *         waits     *           -> 2_pending_approval
yes    -         *          *               *         -         open        -> 1_inbox
yes    -         *          *               *         -         *           -> 1_inbox unmatched_state
";

/// Every combination, by the words of the table.
fn every() -> Vec<([&'static str; 7], Facts)> {
    let runs = [
        ("none", None),
        ("queued", Some(RunFact::Queued)),
        ("waiting", Some(RunFact::Waiting)),
        ("running", Some(RunFact::Running)),
        ("succeeded", Some(RunFact::Succeeded)),
        ("failed", Some(RunFact::Failed)),
        ("cancelled", Some(RunFact::Cancelled)),
    ];
    let card = |verdict, matches| Some(ScorecardFact { verdict, matches });
    let cards = [
        ("none", None),
        ("pass", card(Verdict::Pass, true)),
        ("warn", card(Verdict::Warn, true)),
        ("fail", card(Verdict::Fail, true)),
        ("pass_other", card(Verdict::Pass, false)),
        ("warn_other", card(Verdict::Warn, false)),
        ("fail_other", card(Verdict::Fail, false)),
    ];
    let evidences = [
        ("none", EvidenceFact::Absent),
        ("review", EvidenceFact::UnderReview),
        ("accepted", EvidenceFact::Accepted),
        ("rejected", EvidenceFact::Rejected),
    ];
    let experiments = [
        ("none", None),
        ("open", Some(ExperimentStatus::Open)),
        ("closed", Some(ExperimentStatus::Closed)),
        ("stopped", Some(ExperimentStatus::Stopped)),
    ];
    let mut every = Vec::new();
    for entity in Entity::ALL {
        for (whole, is_whole) in [("yes", true), ("-", false)] {
            for (incident, incident_is_open) in [("open", true), ("-", false)] {
                for (approval, approval_waits) in [("waits", true), ("-", false)] {
                    for (run_word, run) in runs {
                        for (card_word, scorecard) in cards {
                            for (evidence_word, evidence) in evidences {
                                for (experiment_word, experiment) in experiments {
                                    let words = [
                                        whole,
                                        incident,
                                        run_word,
                                        card_word,
                                        evidence_word,
                                        approval,
                                        experiment_word,
                                    ];
                                    let facts = Facts {
                                        entity,
                                        is_whole,
                                        incident_is_open,
                                        run,
                                        scorecard,
                                        evidence,
                                        approval_waits,
                                        experiment,
                                    };
                                    every.push((words, facts));
                                }
                            }
                        }
                    }
                }
            }
        }
    }
    every
}

#[test]
fn the_first_rule_that_fits_decides() {
    let rows: Vec<(Vec<&str>, &str)> = TABLE
        .lines()
        .skip(2)
        .filter_map(|line| line.split_once("->"))
        .map(|(words, stage)| (words.split_whitespace().collect(), stage.trim()))
        .collect();
    let mut used: BTreeMap<usize, usize> = BTreeMap::new();
    let mut shown = 0;
    for (words, facts) in every() {
        let Some((stage, diagnostic)) = facts.place() else {
            continue;
        };
        shown += 1;
        let fits = |row: &(Vec<&str>, &str)| {
            row.0
                .iter()
                .zip(words)
                .all(|(pattern, word)| *pattern == "*" || *pattern == word)
        };
        let row = rows.iter().position(fits).expect("a row for everything");
        *used.entry(row).or_default() += 1;
        let told = match diagnostic {
            None => stage.as_str().to_owned(),
            Some(diagnostic) => format!("{} {}", stage.as_str(), diagnostic.as_str()),
        };
        assert_eq!(told, rows[row].1, "{facts:?}");
    }
    assert!(shown > 10_000, "{shown}");
    assert_eq!(used.len(), rows.len(), "every row is needed: {used:?}");
}

/// With its experiment an item leaves, unless it still goes on or waits for the owner.
#[test]
fn what_goes_on_is_never_hidden() {
    for (words, facts) in every() {
        let over = ["closed", "stopped"].contains(&words[6]);
        let active = ["queued", "waiting", "running"].contains(&words[2]);
        let goes_on = active || words[5] == "waits";
        let hidden = over && (facts.entity == Entity::Experiment || !goes_on);
        assert_eq!(facts.place().is_none(), hidden, "{facts:?}");
    }
}

#[test]
fn stages_and_entities_are_read_as_they_are_written() {
    for stage in Stage::ALL {
        assert_eq!(Stage::parse(stage.as_str()), Some(stage));
    }
    for entity in Entity::ALL {
        assert_eq!(Entity::parse(entity.as_str()), Some(entity));
    }
    assert_eq!((Stage::parse("inbox"), Entity::parse("")), (None, None));
}
