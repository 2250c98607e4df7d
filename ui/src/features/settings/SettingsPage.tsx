import { useEffect, useState } from "react";
import { Button } from "../../components/Button";
import { Page, Scroll, Section } from "../../components/Page";
import { Segmented } from "../../components/Segmented";
import { ACTION_IDS, ACTIONS, clash, type ActionId } from "../../keys/actions";
import { keyName } from "../../keys/keymap";
import { useShownKeys } from "../../keys/useKeys";
import { setPreferences, usePreferences } from "../../preferences/preferences";
import { Gate, type Asking } from "./Gate";
import { Notifications } from "./Notifications";
import { Retention } from "./Retention";
import { Row } from "./Row";
import { strings } from "./strings";
import styles from "./Settings.module.css";

/** What agents may do, what is told and kept, how this window looks and which keys it listens to. */
export function SettingsPage(asking: Asking) {
  const { theme, contrast, density, singleKeys, keys } = usePreferences();
  return (
    <Page title={strings.title}>
      <Scroll>
        <div className={styles.settings}>
          <Gate {...asking} />
          <Notifications />
          <Retention />
          <Section title={strings.appearance} aside={<span className={styles.help}>{strings.here}</span>}>
            <Row label={strings.theme}>
              <Segmented
                label={strings.theme}
                value={theme}
                onChange={(next) => setPreferences({ theme: next })}
                options={[
                  { value: "system", label: strings.themes.system },
                  { value: "light", label: strings.themes.light },
                  { value: "dark", label: strings.themes.dark },
                ]}
              />
            </Row>
            <Row label={strings.contrast}>
              <Segmented
                label={strings.contrast}
                value={contrast}
                onChange={(next) => setPreferences({ contrast: next })}
                options={[
                  { value: "system", label: strings.contrasts.system },
                  { value: "more", label: strings.contrasts.more },
                ]}
              />
            </Row>
            <Row label={strings.density}>
              <Segmented
                label={strings.density}
                value={density}
                onChange={(next) => setPreferences({ density: next })}
                options={[
                  { value: "normal", label: strings.densities.normal },
                  { value: "compact", label: strings.densities.compact },
                ]}
              />
            </Row>
          </Section>
          <Section
            title={strings.keyboard}
            aside={
              Object.keys(keys).length > 0 ? (
                <Button onClick={() => setPreferences({ keys: {} })}>{strings.reset}</Button>
              ) : null
            }
          >
            <Row label={strings.single} help={strings.singleHelp}>
              <Segmented
                label={strings.single}
                value={singleKeys ? "on" : "off"}
                onChange={(next) => setPreferences({ singleKeys: next === "on" })}
                options={[
                  { value: "on", label: strings.singleOn },
                  { value: "off", label: strings.singleOff },
                ]}
              />
            </Row>
            <KeyList />
          </Section>
        </div>
      </Scroll>
    </Page>
  );
}

/** The keys of every view, not only of those that listen now. */
function KeyList() {
  const { keys } = usePreferences();
  const shown = useShownKeys();
  const [changing, setChanging] = useState<ActionId | null>(null);
  return (
    <ul>
      {ACTION_IDS.map((id) => {
        const { label } = ACTIONS[id];
        const other = clash(id, keys);
        return (
          <li key={id}>
            <Row label={label} help={other ? strings.clash(ACTIONS[other].label) : undefined}>
              {changing === id ? (
                <Capture id={id} onDone={() => setChanging(null)} />
              ) : (
                <Button aria-label={strings.change(shown(id), label)} onClick={() => setChanging(id)}>
                  <kbd>{shown(id)}</kbd>
                </Button>
              )}
            </Row>
          </li>
        );
      })}
    </ul>
  );
}

/** Takes the next key pressed as the action's own. Escape leaves it as it was. */
function Capture({ id, onDone }: { id: ActionId; onDone(): void }) {
  const { keys } = usePreferences();
  useEffect(() => {
    const take = (event: KeyboardEvent) => {
      if (["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
      if (event.key !== "Escape" && event.key !== "Tab") {
        setPreferences({ keys: { ...keys, [id]: keyName(event) } });
      }
      onDone();
    };
    // In the capturing phase, before the page's own keys see it.
    window.addEventListener("keydown", take, true);
    return () => window.removeEventListener("keydown", take, true);
  }, [id, keys, onDone]);
  return (
    <span role="status" className={styles.press}>
      {strings.press}
    </span>
  );
}
