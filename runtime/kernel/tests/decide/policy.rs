//! The policy as one grid, and the settings of the gate.

use crate::gate_words::decision;
use crate::script::check;
use kernel::gate::Zone;
use kernel::gate::capability::{Capability, Chain, Scopes};
use kernel::gate::policy::{Known, Mode, Posture, Principal, rule};
use kernel::gate::question::{Binding, Category, Fit, Question};
use kernel::{Actor, ActorType, Scope, Timestamp};
use std::fmt::Write;

const GRID: &str = include_str!("policy_grid.txt");

/// Who asks, with what.
struct Requester {
    name: &'static str,
    actor: Actor,
    /// Whose the principal is that it names.
    principal: Option<Actor>,
    /// The capability that it shows, if there is one of the name it gives.
    shows: Option<Option<Chain>>,
    room_id: Option<&'static str>,
    quarantined: bool,
    egress_allowed: u64,
}

impl Requester {
    fn new(name: &'static str, actor: Actor, principal: Option<Actor>) -> Self {
        Self {
            name,
            actor,
            principal,
            shows: None,
            room_id: None,
            quarantined: false,
            egress_allowed: 0,
        }
    }

    fn ann(name: &'static str) -> Self {
        let ann = Actor::new(ActorType::Agent, "ann");
        Self::new(name, ann.clone(), Some(ann))
    }

    fn showing(name: &'static str, chain: Option<Chain>) -> Self {
        Self {
            shows: Some(chain),
            ..Self::ann(name)
        }
    }
}

fn requesters() -> Vec<Requester> {
    let agent = |id: &str| Actor::new(ActorType::Agent, id);
    let of = |name, actor, principal| Requester::new(name, actor, principal);
    let all = capability("*", "*", "*", "*");
    let some = capability(
        "r1",
        "anything",
        "*.a.test",
        "artifact.create external.write",
    );
    let over = |change: fn(&mut Capability)| {
        let mut own = all.clone();
        change(&mut own);
        own
    };
    let alone = |own: Capability| {
        let ancestors = Vec::new();
        Some(Chain { own, ancestors })
    };
    let revoked = over(|it| it.is_revoked = true);
    let in_room = |room_id| Requester {
        room_id: Some(room_id),
        ..Requester::showing("", alone(some.clone()))
    };
    vec![
        of("owner", Actor::owner(), None),
        of("user", Actor::new(ActorType::User, "anon"), None),
        of("service", Actor::service("builder"), None),
        Requester::ann("agent"),
        of("agent, unnamed", agent("ann"), None),
        of(
            "agent, of a service",
            agent("ann"),
            Some(Actor::service("ann")),
        ),
        of("agent, another", agent("ann"), Some(agent("bob"))),
        Requester {
            quarantined: true,
            ..Requester::ann("agent, in quarantine")
        },
        Requester {
            egress_allowed: QUOTA,
            ..Requester::ann("agent, its quota spent")
        },
        Requester::showing("agent, with a capability of everything", alone(all.clone())),
        Requester::showing("agent, with a capability of some", alone(some.clone())),
        Requester {
            name: "agent, with a capability of some, in its room",
            ..in_room("r1")
        },
        Requester {
            name: "agent, with a capability of some, in another room",
            ..in_room("r2")
        },
        Requester::showing(
            "agent, with a capability of nothing",
            alone(capability("", "", "", "")),
        ),
        Requester::showing("agent, with a capability that is not there", None),
        Requester::showing("agent, with a revoked capability", alone(revoked.clone())),
        Requester::showing(
            "agent, with a capability of a revoked one",
            Some(Chain {
                own: all.clone(),
                ancestors: vec![all.clone(), revoked],
            }),
        ),
        Requester::showing(
            "agent, with an expired capability",
            alone(over(|it| it.valid_until = Some(now()))),
        ),
        Requester::showing(
            "agent, with another's capability",
            alone(over(|it| it.issued_to_principal_id = "p2".to_owned())),
        ),
        Requester {
            quarantined: true,
            ..Requester::showing(
                "agent, in quarantine, with a capability of everything",
                alone(all.clone()),
            )
        },
    ]
}

fn capability(rooms: &str, tools: &str, domains: &str, actions: &str) -> Capability {
    let list = |text: &str| text.split_whitespace().map(str::to_owned).collect();
    Capability {
        token_id: "c1".to_owned(),
        workspace_id: "ws_dev".to_owned(),
        issued_to_principal_id: "p1".to_owned(),
        granted_by_principal_id: "p0".to_owned(),
        parent_token_id: None,
        depth: 0,
        scopes: Scopes {
            rooms: list(rooms),
            tools: list(tools),
            egress_domains: list(domains),
            action_types: list(actions),
            ..Scopes::default()
        },
        valid_until: None,
        is_revoked: false,
    }
}

fn now() -> Timestamp {
    Timestamp::from_millis(0)
}

/// Requests that the grid allows in an hour.
const QUOTA: u64 = 10;

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
    for requester in requesters() {
        writeln!(out, "{}", requester.name).unwrap();
        for (category, action) in ACTIONS {
            let mut cells = Vec::new();
            for kill_switch in [false, true] {
                for zone in Zone::ALL {
                    cells.push(cell(category, action, &requester, zone, kill_switch));
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
    requester: &Requester,
    zone: Zone,
    kill_switch: bool,
) -> String {
    let principal_id = requester.principal.as_ref().map(|_| "p1".to_owned());
    let question = Question {
        category,
        binding: Binding {
            action: action.to_owned(),
            target: (category == Category::Egress).then(|| "https://b.a.test/".to_owned()),
            ..Binding::default()
        },
        actor: requester.actor.clone(),
        principal_id: principal_id.clone(),
        capability_token_id: requester.shows.as_ref().map(|_| "c1".to_owned()),
        zone,
        place: Scope {
            room_id: requester.room_id.map(str::to_owned),
            ..Scope::workspace("ws_dev")
        },
        context: None,
    };
    let principal = requester.principal.as_ref().map(|actor| Principal {
        principal_id: "p1".to_owned(),
        actor: actor.clone(),
    });
    let answer = |mode| {
        let known = Known {
            posture: Posture {
                mode,
                kill_switch,
                egress_per_hour: QUOTA as u32,
            },
            principal: principal.as_ref(),
            holder: principal_id.as_deref(),
            capability: requester.shows.as_ref().and_then(Option::as_ref),
            quarantined: requester.quarantined,
            approvals: &[],
            egress_allowed: requester.egress_allowed,
        };
        rule(&question, &known, now())
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
        then owner/ws_b evaluate external.write -> policy.denied ; deny kill_switch_active
        then owner/ws_b switch on       ->
        then owner/ws_b switch off      -> policy.kill_switch.changed
        then local evaluate external.write  -> policy.requires_approval ; require_approval external_write_requires_approval
        then owner/ws_b switch on       -> policy.kill_switch.changed
        then local evaluate external.write  -> policy.denied ; deny kill_switch_active
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
