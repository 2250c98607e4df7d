import { BellOff } from "lucide-react";
import { useEffect, useId, useState } from "react";
import { Button } from "../../components/Button";
import { Section } from "../../components/Page";
import { Segmented } from "../../components/Segmented";
import { usePlatform, type NotificationSupport } from "../../platform";
import { setPreferences, usePreferences } from "../../preferences/preferences";
import { Row } from "./Row";
import { strings } from "./strings";
import styles from "./Settings.module.css";

const { told } = strings;

/** Whether and when the desktop tells what waits and what failed. */
export function Notifications() {
  const { notifications, quietHours, quietFrom, quietTo } = usePreferences();
  const [support, ask] = useSupport();
  return (
    <Section title={told.title} aside={<span className={styles.help}>{strings.here}</span>}>
      <Row label={told.desktop} help={told.desktopHelp}>
        <Segmented
          label={told.desktop}
          value={notifications ? "on" : "off"}
          onChange={(next) => setPreferences({ notifications: next === "on" })}
          options={[
            { value: "on", label: told.on },
            { value: "off", label: told.off },
          ]}
        />
      </Row>
      {notifications && support === "ask" ? (
        <Row label={told.ask}>
          <Button variant="primary" onClick={ask}>
            {told.allow}
          </Button>
        </Row>
      ) : null}
      {notifications && (support === "none" || support === "refused") ? (
        <p className={styles.notice} role="status" data-testid="no-notifications">
          <BellOff aria-hidden="true" />
          {told.missing[support]}
        </p>
      ) : null}
      {notifications ? (
        <Row label={told.quiet} help={told.quietHelp}>
          <Segmented
            label={told.quiet}
            value={quietHours ? "on" : "off"}
            onChange={(next) => setPreferences({ quietHours: next === "on" })}
            options={[
              { value: "on", label: told.on },
              { value: "off", label: told.off },
            ]}
          />
          {quietHours ? (
            <span className={styles.hours}>
              <Time label={told.from} value={quietFrom} onChange={(time) => setPreferences({ quietFrom: time })} />
              <Time label={told.to} value={quietTo} onChange={(time) => setPreferences({ quietTo: time })} />
            </span>
          ) : null}
        </Row>
      ) : null}
    </Section>
  );
}

function Time({ label, value, onChange }: { label: string; value: string; onChange(time: string): void }) {
  const id = useId();
  return (
    <span className={styles.hour}>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="time"
        required
        aria-label={told.quietAt(label)}
        value={value}
        // A cleared field has no time: the last one stays.
        onChange={({ target }) => target.value && onChange(target.value)}
      />
    </span>
  );
}

/** Whether this desktop or browser shows notifications, and the way to ask the person for it. */
function useSupport(): [NotificationSupport | null, () => void] {
  const { notifications } = usePlatform();
  const [support, setSupport] = useState<NotificationSupport | null>(null);
  useEffect(() => {
    let left = false;
    const know = (next: NotificationSupport) => {
      if (!left) setSupport(next);
    };
    // A host that does not answer shows none.
    notifications.support().then(know, () => know("none"));
    return () => {
      left = true;
    };
  }, [notifications]);
  return [support, () => void notifications.ask().then(setSupport, () => undefined)];
}
