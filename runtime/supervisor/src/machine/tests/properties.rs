//! What must hold whatever happens in whatever order.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// What the world does next; numbers choose among what is possible at that moment.
#[derive(Debug, Clone)]
enum Step {
    /// Time passes; the machine is woken on the way whenever it asked for it.
    Wait(u32),
    /// The machine sleeps for this many milliseconds; nobody is woken.
    Sleep(u32),
    /// A child does something.
    Child { which: u8, what: u8 },
    /// A person asks for something.
    Person(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0_u32..40_000).prop_map(Step::Wait),
        1 => (0_u32..7_200_000).prop_map(Step::Sleep),
        8 => (any::<u8>(), any::<u8>()).prop_map(|(which, what)| Step::Child { which, what }),
        2 => any::<u8>().prop_map(Step::Person),
    ]
}

/// How far a child is, seen from outside.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Seen {
    /// Asked for, not a process yet.
    Asked,
    Process,
    Ready,
}

/// The world around the machine, and what it has seen the machine do.
struct World {
    machine: Machine,
    policy: Policy,
    now: Duration,
    wake: Option<Duration>,
    children: BTreeMap<Component, (ChildId, Seen)>,
    dying: Vec<Component>,
    probes: Vec<(Component, ChildId)>,
    /// The earliest moment at which a component may be started again.
    not_before: BTreeMap<Component, Duration>,
    spawned: u32,
}

impl World {
    fn new(mode: RunnerMode) -> Self {
        let mut world = World {
            machine: Machine::new(Policy::default(), mode, moment(0.0, 0.0)),
            policy: Policy::default(),
            now: Duration::ZERO,
            wake: None,
            children: BTreeMap::new(),
            dying: Vec::new(),
            probes: Vec::new(),
            not_before: BTreeMap::new(),
            spawned: 0,
        };
        world.input(Input::Tick);
        world
    }

    fn input(&mut self, input: Input) {
        let now = moment(self.now.as_secs_f64(), 0.0);
        for effect in self.machine.handle(now, input) {
            match effect {
                Effect::Spawn { component, child } => self.saw_spawn(component, child),
                Effect::Kill {
                    component, child, ..
                } => {
                    assert_eq!(
                        self.children[&component].0, child,
                        "kills only its own child"
                    );
                    assert!(!self.dying.contains(&component), "kills once");
                    self.dying.push(component);
                }
                Effect::Probe { component, child } => {
                    assert_eq!(
                        self.children[&component],
                        (child, Seen::Ready),
                        "probes the ready"
                    );
                    assert!(
                        !self.probes.contains(&(component, child)),
                        "one probe at a time"
                    );
                    self.probes.push((component, child));
                }
                Effect::WakeAt(at) => self.wake = Some(at),
                Effect::RememberMode(_) => {}
                Effect::Publish(status) => {
                    assert_eq!(status.as_ref().phase, view::phase(&self.machine))
                }
            }
        }
    }

    fn saw_spawn(&mut self, component: Component, child: ChildId) {
        assert!(
            !self.children.contains_key(&component),
            "two children of the {component}"
        );
        assert!(!self.machine.shutting_down, "no start after shutdown");
        let earliest = self.not_before.remove(&component).unwrap_or_default();
        assert!(
            self.now >= earliest,
            "{component} started {:?} too early",
            earliest - self.now
        );
        if component == Component::Worker {
            assert_eq!(self.machine.mode, RunnerMode::Embedded);
            assert_eq!(
                view::component_state(&self.machine, Component::Api),
                ComponentState::Healthy,
                "the worker waits for the api"
            );
        }
        self.spawned += 1;
        self.children.insert(component, (child, Seen::Asked));
    }

    fn wait(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(wake) = self.wake.filter(|wake| *wake <= end) {
            self.wake = None;
            self.now = self.now.max(wake);
            self.input(Input::Tick);
        }
        self.now = end;
    }

    fn child(&mut self, which: u8, what: u8) {
        let living: Vec<Component> = self.children.keys().copied().collect();
        let Some(&component) = living.get(usize::from(which) % living.len().max(1)) else {
            return;
        };
        let (child, seen) = self.children[&component];
        match (what % 10, seen) {
            (0 | 1, Seen::Asked) => {
                self.children.insert(component, (child, Seen::Process));
                self.input(Input::Spawned {
                    component,
                    child,
                    pid: 7,
                });
            }
            (2, Seen::Asked) => {
                let failure = Failure::reported("start_failed".into(), String::new(), None);
                self.gone(component);
                self.input(Input::SpawnFailed {
                    component,
                    child,
                    failure,
                });
            }
            (0..=3, Seen::Process) => {
                self.children.insert(component, (child, Seen::Ready));
                let before = self.machine.part(component).ending();
                self.input(ready(component, child, 4242));
                assert_eq!(
                    before.is_some(),
                    self.machine.part(component).ending().is_some()
                );
                if before.is_some() {
                    // A child that is being ended is not probed any more.
                    assert!(!self.probes.contains(&(component, child)));
                }
            }
            (4, Seen::Process) => {
                let code = if which.is_multiple_of(2) {
                    "start_failed"
                } else {
                    "port_in_use"
                };
                let failure = Failure::reported(code.into(), String::new(), None);
                self.input(Input::StartFailed {
                    component,
                    child,
                    failure,
                });
            }
            (5..=6, Seen::Process | Seen::Ready) => self.exit(component),
            (_, Seen::Ready) => self.answer(component, what),
            (_, Seen::Asked | Seen::Process) => {}
        }
    }

    fn answer(&mut self, component: Component, what: u8) {
        let Some(at) = self
            .probes
            .iter()
            .position(|(asked, _)| *asked == component)
        else {
            return;
        };
        let (component, child) = self.probes.remove(at);
        let answer = match what % 4 {
            0 => ProbeAnswer::Missed,
            1 => ProbeAnswer::NotReady {
                code: if what > 127 {
                    "storage_poisoned"
                } else {
                    "disk_full"
                }
                .into(),
                message: String::new(),
                hint: None,
            },
            _ => ProbeAnswer::Ready,
        };
        self.input(probed(component, child, answer));
    }

    /// The child ends: by itself, or because it was asked to.
    fn exit(&mut self, component: Component) {
        let (child, _) = self.children[&component];
        self.gone(component);
        self.input(Input::Exited {
            component,
            child,
            code: Some(1),
            signal: None,
            last_words: None,
        });
    }

    fn gone(&mut self, component: Component) {
        self.children.remove(&component);
        self.probes.retain(|(asked, _)| *asked != component);
        let asked_to_die = self.dying.contains(&component);
        self.dying.retain(|dying| *dying != component);
        // The shortest backoff; the exact one is a story.
        if !asked_to_die {
            self.not_before
                .insert(component, self.now + self.policy.backoff_first);
        }
    }

    fn person(&mut self, what: u8) {
        let component = if what.is_multiple_of(2) {
            Component::Api
        } else {
            Component::Worker
        };
        let action = match what / 2 % 7 {
            0 => RuntimeAction::Restart { component },
            1 => RuntimeAction::Stop { component },
            2 | 3 => RuntimeAction::Start { component },
            4 => RuntimeAction::SetMode {
                mode: RunnerMode::External,
            },
            5 => RuntimeAction::SetMode {
                mode: RunnerMode::Embedded,
            },
            _ => RuntimeAction::Retry,
        };
        // A person does not have to wait.
        self.not_before.clear();
        self.input(Input::Act(action));
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Wait(ms) => self.wait(Duration::from_millis(ms.into())),
            Step::Sleep(ms) => self.now += Duration::from_millis(ms.into()),
            Step::Child { which, what } => self.child(which, what),
            Step::Person(what) => self.person(what),
        }
        self.holds();
    }

    /// What holds between any two inputs.
    fn holds(&self) {
        for component in Component::ALL {
            let part = self.machine.part(component);
            assert_eq!(
                part.is_alive(),
                self.children.contains_key(&component),
                "knows who lives"
            );
            assert!(part.attempts <= self.policy.restarts_max);
        }
        let status = self.machine.status(moment(self.now.as_secs_f64(), 0.0));
        let json = serde_json::to_string(&status).unwrap();
        assert_eq!(
            serde_json::from_str::<RuntimeStatus>(&json).unwrap(),
            status
        );
    }

    /// Every child does what it is asked to, promptly, until nothing is left to do.
    fn behave(&mut self) {
        for _ in 0..200 {
            if let Some(&component) = self.dying.first() {
                self.exit(component);
            } else if let Some((&component, &(child, seen))) = self
                .children
                .iter()
                .find(|(_, (_, seen))| *seen != Seen::Ready)
            {
                let (next, input) = match seen {
                    Seen::Asked => (
                        Seen::Process,
                        Input::Spawned {
                            component,
                            child,
                            pid: 7,
                        },
                    ),
                    Seen::Process | Seen::Ready => (Seen::Ready, ready(component, child, 4242)),
                };
                self.children.insert(component, (child, next));
                self.input(input);
            } else if let Some((component, child)) = self.probes.pop() {
                self.input(probed(component, child, ProbeAnswer::Ready));
            } else if view::phase(&self.machine) == Phase::Healthy || self.machine.is_down() {
                return;
            } else {
                self.wait(Duration::from_secs(5));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// One child at most, no early restart, the worker only beside a healthy api: asserted in `World`.
    #[test]
    fn invariants_hold(external: bool, steps in prop::collection::vec(step(), 1..200)) {
        let mode = if external { RunnerMode::External } else { RunnerMode::Embedded };
        let mut world = World::new(mode);
        for step in &steps {
            world.take(step);
        }
    }

    /// From anywhere, well-behaved children and a person who starts what is stopped lead to health.
    #[test]
    fn health_is_always_reachable(steps in prop::collection::vec(step(), 1..100)) {
        let mut world = World::new(RunnerMode::Embedded);
        for step in &steps {
            world.take(step);
        }
        world.not_before.clear();
        world.input(Input::Act(RuntimeAction::Retry));
        for component in Component::ALL {
            world.input(Input::Act(RuntimeAction::Start { component }));
        }
        world.behave();
        prop_assert_eq!(view::phase(&world.machine), Phase::Healthy);
    }

    /// From anywhere, shutdown ends every child and starts none.
    #[test]
    fn shutdown_always_ends(steps in prop::collection::vec(step(), 1..100)) {
        let mut world = World::new(RunnerMode::Embedded);
        for step in &steps {
            world.take(step);
        }
        world.input(Input::Shutdown);
        let spawned = world.spawned;
        world.behave();
        prop_assert!(world.machine.is_down());
        prop_assert_eq!(world.spawned, spawned);
    }

    /// Whoever keeps ending within a minute is given up, after exactly the allowed restarts.
    #[test]
    fn repeated_crashes_end_in_a_crash_loop(
        lives_ms in prop::collection::vec(0_u32..59_000, 6),
        gets_ready in prop::collection::vec(any::<bool>(), 6),
    ) {
        let mut world = World::new(RunnerMode::External);
        for (life_ms, gets_ready) in lives_ms.into_iter().zip(gets_ready) {
            prop_assert_ne!(
                view::component_state(&world.machine, Component::Api),
                ComponentState::CrashLooping
            );
            let (child, _) = world.children[&Component::Api];
            world.input(Input::Spawned { component: Component::Api, child, pid: 7 });
            if gets_ready {
                world.children.insert(Component::Api, (child, Seen::Ready));
                world.input(ready(Component::Api, child, 4242));
                world.input(probed(Component::Api, child, ProbeAnswer::Ready));
                world.probes.clear();
            }
            world.wait(Duration::from_millis(life_ms.into()));
            world.exit(Component::Api);
            world.wait(Duration::from_secs(31));
        }
        prop_assert_eq!(
            view::component_state(&world.machine, Component::Api),
            ComponentState::CrashLooping
        );
        prop_assert_eq!(world.spawned, 6);
    }
}
