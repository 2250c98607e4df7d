//! Artifacts: what is claimed about the content must be true.

use crate::script::{caller, check};
use crate::world::World;
use kernel::event::ArtifactContent;
use kernel::{Command, Event, rooms, runs};

const HELLO: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

fn table(lines: &str) {
    check(&format!(
        "given owner room r1
         and local run q1 r1
         and local start q1
         and local step s1 q1
         and blob: sha256:{HELLO} 5
         and blob: sha256:elsewhere 5 ws_b
         {}",
        lines.replace("HELLO", HELLO)
    ));
}

#[test]
fn claims_about_the_content_are_checked() {
    table(
        r#"
        when local artifact a1 s1                              -> artifact.created
        then local artifact a2 s1 text=hello                   -> artifact.created
        then local artifact a3 s1 text=hello size=5 sha256=HELLO -> artifact.created
        then local artifact a4 s1 text=hello sha256=sha256:HELLO -> artifact.created
        then local artifact a5 s1 text=hello size=6            -> reject size_mismatch size_bytes
        then local artifact a5 s1 text=hullo sha256=HELLO      -> reject sha256_mismatch sha256
        then local artifact a5 s1 json={"b":1,"a":2} size=13   -> artifact.created
        then local artifact a6 s1 json={"b":1,"a":2} size=14   -> reject size_mismatch size_bytes
        then local artifact a6 s1 json={"k\u0000":1}           -> reject invalid_text content.json
        then local artifact a6 s1 blob=sha256:HELLO            -> artifact.created
        then local artifact a7 s1 blob=sha256:HELLO size=4     -> reject size_mismatch size_bytes
        then local artifact a7 s1 blob=sha256:HELLO sha256=0*64 -> reject sha256_mismatch sha256
        then local artifact a7 s1 blob=sha256:00               -> reject blob_not_found content.blob
        then local artifact a7 s1 blob=sha256:elsewhere        -> reject blob_not_found content.blob
        then owner artifact a9 s1 blob=sha256:elsewhere        -> artifact.created
        then local artifact a7 s1 uri=file:///tmp/x size=7     -> artifact.created
        then local artifact a8 s1 uri=x size=9007199254740992  -> artifact.created
        then local artifact a9 s1 uri=x size=9007199254740993  -> reject number_too_large size_bytes
        "#,
    );
}

#[test]
fn texts_are_bounded() {
    table(
        r#"
        when local artifact a1 nowhere              -> reject step_not_found
        then owner/ws_b artifact a1 s1              -> reject step_not_found
        then local artifact a1 s1 kind=""           -> reject missing_kind kind
        then local artifact a1 s1 kind=x*201        -> reject field_too_long kind
        then local artifact a1 s1 title=x*301       -> reject field_too_long title
        then local artifact a1 s1 mime=x*201        -> reject field_too_long mime_type
        then local artifact a1 s1 metadata={"k\u0000":1} -> reject invalid_text metadata
        then local artifact a1 s1 text="a\0b"       -> reject invalid_text content.text
        then local artifact a1 s1 uri="a\0b"        -> reject invalid_text content.uri
        then local artifact a1 s1 sha256="a\0b"     -> reject invalid_sha256 sha256
        then local artifact a1 s1 sha256=zz         -> reject invalid_sha256 sha256
        "#,
    );
}

#[test]
fn an_artifact_may_come_after_the_end_of_its_run_but_not_with_a_stale_token() {
    check(
        r#"
        given owner room r1
        and   owner run q1 r1
        and   E1 claim t1
        and   E1 step s1 q1 t1
        and   E1 complete q1 t1
        when E1 artifact a1 s1      -> artifact.created
        then E1 artifact a2 s1 t1   -> reject lease_token_mismatch
        "#,
    );
}

#[test]
fn what_is_left_out_is_measured() {
    let mut world = World::new();
    let (owner, workspace) = caller("owner");
    let mut submit = |command| world.submit(&owner, &workspace, command).unwrap();
    submit(Command::CreateRoom(rooms::CreateRoom {
        room_id: "r1".into(),
        title: Some("r".into()),
        ..Default::default()
    }));
    submit(Command::CreateRun(runs::CreateRun {
        run_id: "q1".into(),
        room_id: Some("r1".into()),
        ..Default::default()
    }));
    submit(Command::StartRun(runs::StartRun {
        run_id: "q1".into(),
    }));
    submit(Command::CreateStep(runs::CreateStep {
        step_id: "s1".into(),
        run_id: "q1".into(),
        kind: Some("task".into()),
        ..Default::default()
    }));
    let accepted = submit(Command::CreateArtifact(runs::CreateArtifact {
        artifact_id: "a1".into(),
        step_id: "s1".into(),
        kind: Some("report".into()),
        content: Some(ArtifactContent::Text {
            text: "hello".into(),
        }),
        ..Default::default()
    }));
    let [Event::ArtifactCreated(data)] = accepted.events.as_slice() else {
        panic!("{accepted:?}");
    };
    assert_eq!(
        (data.size_bytes, data.sha256.as_deref()),
        (Some(5), Some(HELLO))
    );
}
