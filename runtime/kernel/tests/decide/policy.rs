//! The policy as one grid, and the settings of the gate.

use crate::gate_words::decision;
use crate::script::check;
use kernel::gate::Zone;
use kernel::gate::policy::{Mode, Posture, Principal, rule};
use kernel::gate::question::{Binding, Category, Fit, Question};
use kernel::{Actor, ActorType, Scope, Timestamp};
use std::fmt::Write;

const GRID: &str = include_str!("policy_grid.txt");

/// Who asks: a name, the actor, the principal id that it shows, and whose that is.
fn requesters() -> Vec<(&'static str, Actor, Option<Actor>)> {
    let agent = |id: &str| Actor::new(ActorType::Agent, id);
    vec![
        ("owner", Actor::owner(), None),
        ("user", Actor::new(ActorType::User, "anon"), None),
        ("service", Actor::service("builder"), None),
        ("agent", agent("ann"), Some(agent("ann"))),
        ("agent, unnamed", agent("ann"), None),
        (
            "agent, of a service",
            agent("ann"),
            Some(Actor::service("ann")),
        ),
        ("agent, another", agent("ann"), Some(agent("bob"))),
    ]
}

const ACTIONS: [(Category, &str); 20] = [
    (Category::Action, "anything.else"),
    (Category::Action, "artifact.create"),
    (Category::Action, "api.call.idempotent"),
    (Category::Action, "api.call.mutating"),
    (Category::Action, "email.send"),
    (Category::Action, "payment.execute"),
    (Category::Action, "external.write"),
    (Category::Action, "data.write"),
    (Category::Action, "command.execute"),
    (Category::Action, "tool.call.email.send"),
    (Category::Egress, "external.write"),
    (Category::Egress, "api.call.idempotent"),
    (Category::Egress, "anything.else"),
    (Category::ToolCall, "tool.call.anything"),
    (Category::ToolCall, "tool.call.email.send"),
    (Category::ToolCall, "tool.call.runtime.noop"),
    (Category::DataAccess(Fit::Fits), "data.read"),
    (Category::DataAccess(Fit::Fits), "data.write"),
    (Category::DataAccess(Fit::WrongRoom), "data.write"),
    (Category::DataAccess(Fit::WrongPurpose), "data.write"),
];

/// One block for each requester, a line for each action; a column for each zone, with the kill
/// switch off and on. `!` marks what blocks in shadow mode as well.
fn grid() -> String {
    let mut out = String::new();
    for (name, actor, principal) in requesters() {
        writeln!(out, "{name}").unwrap();
        for (category, action) in ACTIONS {
            let mut cells = Vec::new();
            for kill_switch in [false, true] {
                for zone in Zone::ALL {
                    cells.push(cell(
                        category,
                        action,
                        &actor,
                        principal.as_ref(),
                        zone,
                        kill_switch,
                    ));
                }
            }
            // A line says once what is the same in every zone.
            let told = cells
                .chunks(3)
                .map(|zones| match zones {
                    [one, two, three] if one == two && two == three => one.clone(),
                    zones => zones.join(" | "),
                })
                .collect::<Vec<_>>();
            let mut name = category.as_str().to_owned();
            if let Category::DataAccess(fit) = category {
                name = format!("{name} {fit:?}");
            }
            writeln!(out, "  {name} {action}").unwrap();
            writeln!(out, "    off: {}", told[0]).unwrap();
            writeln!(out, "    on:  {}", told[1]).unwrap();
        }
    }
    out
}

fn cell(
    category: Category,
    action: &str,
    actor: &Actor,
    principal: Option<&Actor>,
    zone: Zone,
    kill_switch: bool,
) -> String {
    let question = Question {
        category,
        binding: Binding {
            action: action.to_owned(),
            ..Binding::default()
        },
        actor: actor.clone(),
        principal_id: principal.map(|_| "p1".to_owned()),
        capability_token_id: None,
        zone,
        place: Scope::workspace("ws_dev"),
        context: None,
    };
    let principal = principal.map(|actor| Principal {
        principal_id: "p1".to_owned(),
        actor: actor.clone(),
    });
    let answer = |mode| {
        let posture = Posture { mode, kill_switch };
        let now = Timestamp::from_millis(0);
        rule(&question, posture, principal.as_ref(), &[], now)
    };
    let (enforced, watched) = (answer(Mode::Enforce), answer(Mode::Shadow));
    assert_eq!(
        enforced.decision, watched.decision,
        "modes only differ in what they block"
    );
    assert_eq!(enforced.reason_code, watched.reason_code);
    assert_eq!(enforced.blocked, !enforced.is_allow());
    let mark = if watched.blocked { " !" } else { "" };
    format!(
        "{} {}{mark}",
        decision(enforced.decision),
        enforced.reason_code
    )
}

/// Who may do what, at a glance. A change of the policy shows here, and only then in its users'
/// lives: look at it, then write it down with `UPDATE_GRID=1`.
#[test]
fn the_grid_of_the_policy() {
    let found = grid();
    if std::env::var_os("UPDATE_GRID").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/decide/policy_grid.txt");
        std::fs::write(path, &found).unwrap();
        return;
    }
    for (line, (found, known)) in found.lines().zip(GRID.lines()).enumerate() {
        assert_eq!(found, known, "line {} of policy_grid.txt", line + 1);
    }
    assert_eq!(found, GRID);
}

#[test]
fn the_owner_sets_the_gate() {
    check(
        r#"
        when owner switch               -> reject missing_enabled enabled
        then local switch on            -> reject owner_only
        then E1 switch off              -> reject owner_only
        then owner switch off           ->
        then owner switch on reason=now -> policy.kill_switch.changed
        then owner switch on            ->
        then local evaluate external.write  -> policy.denied ; deny kill_switch_active
        then owner/ws_b evaluate external.write -> policy.requires_approval ; require_approval external_write_requires_approval
        then owner switch off           -> policy.kill_switch.changed
        then owner mode                 -> reject invalid_mode mode
        then owner mode off             -> reject invalid_mode mode
        then local mode shadow          -> reject owner_only
        then owner mode enforce         ->
        then owner mode shadow          -> policy.mode.changed
        then local evaluate external.write  -> policy.requires_approval ; require_approval external_write_requires_approval (watched)
        then owner mode enforce         -> policy.mode.changed
        then local evaluate external.write  -> policy.requires_approval ; require_approval external_write_requires_approval
        "#,
    );
}

#[test]
fn the_kill_switch_wins_over_every_approval() {
    for scope in ["once", "workspace"] {
        check(&format!(
            r#"given local ask a1 external.write scope={{"type":"{scope}"}}
               and   owner decide a1 approve
               and   owner switch on
               when local evaluate external.write  -> policy.denied ; deny kill_switch_active
               then owner evaluate external.write  -> policy.denied ; deny kill_switch_active"#
        ));
    }
}

#[test]
fn what_an_agent_must_say_of_itself() {
    check(
        r#"
        given principal: p1 agent ann
        given principal: p2 service ann
        when local evaluate x type=agent id=ann                 -> policy.denied ; deny agent_principal_required
        then local evaluate x type=agent id=ann principal=p9    -> policy.denied ; deny agent_principal_not_found
        then local evaluate x type=agent id=ann principal=p2    -> policy.denied ; deny agent_principal_not_found
        then local evaluate x type=agent id=bob principal=p1    -> policy.denied ; deny agent_actor_id_mismatch
        then local evaluate x type=agent id=ann principal=p1    -> ; allow default_allow
        then local evaluate x id=ann                            -> ; allow default_allow
        then local evaluate x capability=c1                     -> policy.denied ; deny capability_token_not_found
        then local evaluate                                     -> reject missing_action action
        then local evaluate x zone=wild                         -> reject invalid_zone zone
        then local evaluate x run=nowhere                       -> reject run_not_found
        "#,
    );
}
