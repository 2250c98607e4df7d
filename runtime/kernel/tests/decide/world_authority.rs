//! The part of the reference that is about who may do what: engines, agents, capabilities, and what
//! was let out of the machine.

use crate::world::World;
use kernel::engines::TokenStanding;
use kernel::gate::DEFAULT_WORKSPACE_ID;
use kernel::gate::capability::{Capability, Chain};
use kernel::gate::policy::{Posture, Principal};
use kernel::state::{Agent, Engine, LiveToken, Quarantine};
use kernel::{Actor, Draft, Event, Timestamp};
use std::collections::BTreeMap;

#[derive(Default)]
pub struct Authority {
    pub engines: BTreeMap<String, Engine>,
    pub agents: BTreeMap<String, Agent>,
    pub capabilities: BTreeMap<String, Capability>,
    pub egress_per_hour: u32,
    /// For whom each request counts.
    requested: BTreeMap<String, String>,
    /// For whom each that was allowed counts, and when it was.
    allowed: Vec<(String, Timestamp)>,
}

impl Authority {
    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "the reference sends only these here, and every event by its name"
    )]
    pub fn fold(&mut self, draft: &Draft, now: Timestamp) {
        let workspace_id = draft.scope.workspace_id.clone();
        match &draft.event {
            Event::EngineRegistered(data) => {
                let engine = Engine {
                    engine_id: data.engine_id.clone(),
                    workspace_id,
                    actor_id: data.actor_id.clone(),
                    name: data.display_name.clone(),
                    metadata: data.metadata.clone(),
                    is_active: true,
                };
                let before = self.engines.insert(data.engine_id.clone(), engine.clone());
                assert_ne!(before, Some(engine), "registered again for nothing");
            }
            Event::EngineDeactivated(data) => {
                let engine = self.engines.get_mut(&data.engine_id).unwrap();
                assert!(std::mem::replace(&mut engine.is_active, false));
            }
            Event::AgentRegistered(data) => {
                let agent = Agent {
                    agent_id: data.agent_id.clone(),
                    workspace_id,
                    principal_id: data.principal_id.clone(),
                    quarantine: None,
                };
                assert!(self.agents.insert(data.agent_id.clone(), agent).is_none());
            }
            Event::AgentQuarantined(data) => {
                let quarantine = Quarantine {
                    since: data.quarantined_at,
                    reason: data.quarantine_reason.clone(),
                };
                let agent = self.agents.get_mut(&data.agent_id).unwrap();
                assert_eq!(agent.quarantine.replace(quarantine), None);
            }
            Event::AgentUnquarantined(data) => {
                let agent = self.agents.get_mut(&data.agent_id).unwrap();
                assert!(agent.quarantine.take().is_some());
            }
            Event::CapabilityGranted(data) => {
                let capability = Capability {
                    token_id: data.token_id.clone(),
                    workspace_id,
                    issued_to_principal_id: data.issued_to_principal_id.clone(),
                    granted_by_principal_id: data.granted_by_principal_id.clone(),
                    parent_token_id: data.parent_token_id.clone(),
                    depth: data.depth,
                    scopes: data.scopes.clone(),
                    valid_until: data.valid_until,
                    is_revoked: false,
                };
                let before = self.capabilities.insert(data.token_id.clone(), capability);
                assert_eq!(before, None);
            }
            Event::CapabilityRevoked(data) => {
                let capability = self.capabilities.get_mut(&data.token_id).unwrap();
                assert!(!std::mem::replace(&mut capability.is_revoked, true));
            }
            Event::EgressRequested(data) => {
                let who = data.counted_for.clone().unwrap();
                self.requested.insert(data.egress_request_id.clone(), who);
            }
            Event::EgressAllowed(data) => {
                let who = self.requested[&data.0.egress_request_id].clone();
                self.allowed.push((who, now));
            }
            // Tokens come and go by effects: the log never holds them.
            Event::EngineTokenIssued(_) | Event::EngineTokenRevoked(_) => {}
            Event::DelegationAttempted(_) => {}
            other => panic!("not of authority: {other:?}"),
        }
    }

    pub fn engine_of(&self, workspace_id: &str, actor_id: &str) -> Option<Engine> {
        let mut engines = self.engines.values();
        let found = engines.find(|it| it.workspace_id == workspace_id && it.actor_id == actor_id);
        found.cloned()
    }

    pub fn allowed_since(&self, who: &str, since: Timestamp) -> u64 {
        let counts = |(known, at): &&(String, Timestamp)| known == who && *at > since;
        self.allowed.iter().filter(counts).count() as u64
    }
}

impl World {
    pub fn posture_of(&self, workspace_id: &str) -> Posture {
        let of = |workspace_id: &str| self.postures.get(workspace_id).copied();
        Posture {
            egress_per_hour: self.authority.egress_per_hour,
            kill_switch: of(DEFAULT_WORKSPACE_ID).unwrap_or_default().kill_switch,
            ..of(workspace_id).unwrap_or_default()
        }
    }

    pub fn principal_behind(&self, actor: &Actor) -> Option<Principal> {
        let mut all = self.principals.iter();
        let found = all.find(|(_, known)| *known == actor);
        found.map(|(principal_id, actor)| Principal {
            principal_id: principal_id.clone(),
            actor: actor.clone(),
        })
    }

    pub fn live_tokens_of(&self, engine_id: &str) -> Vec<LiveToken> {
        let live = self
            .tokens
            .values()
            .filter(|(token, live)| *live && token.engine_id == engine_id);
        live.map(|(token, _)| LiveToken {
            token_id: token.token_id.clone(),
            engine_id: token.engine_id.clone(),
            capability_token_id: Some(token.capability_token_id.clone()),
        })
        .collect()
    }

    /// How a token stands. Callers of tables come with tokens that no line has issued: those are live.
    pub fn standing(&self, token_id: &str) -> TokenStanding {
        let Some((token, live)) = self.tokens.get(token_id) else {
            return TokenStanding {
                engine_id: String::new(),
                engine_is_active: true,
                principal_id: None,
                is_revoked: false,
                valid_until: None,
                capability: None,
            };
        };
        let capability = Chain::read(self, &token.capability_token_id).unwrap();
        TokenStanding {
            engine_id: token.engine_id.clone(),
            engine_is_active: self.authority.engines[&token.engine_id].is_active,
            principal_id: Some(format!("p_{}", token.engine_id)),
            is_revoked: !live,
            valid_until: token.valid_until,
            capability,
        }
    }
}
