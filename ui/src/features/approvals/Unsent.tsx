import { Button } from "../../components/Button";
import { strings } from "./strings";
import { useLeftUnsent } from "./useDecisions";
import styles from "./Approvals.module.css";

/** Says of which decisions nothing came, because the page was left before they were sent. */
export function Unsent() {
  const [names, forget] = useLeftUnsent();
  if (names.length === 0) return null;
  return (
    <div className={styles.unsent} role="status">
      <div>
        {names.map((name) => (
          <p key={name}>{strings.unsent(name)}</p>
        ))}
      </div>
      <Button variant="ghost" onClick={forget}>
        {strings.dismiss}
      </Button>
    </div>
  );
}
