import { Button } from "../../components/Button";
import { CopyButton } from "../../components/Copyable";
import { linesOf, Output } from "../../components/Output";
import { Section } from "../../components/Page";
import type { Diagnostics, RuntimeView } from "../../platform";
import { reportText } from "./reportText";
import { strings } from "./strings";
import styles from "./Diagnostics.module.css";

interface PreviewProps {
  report: Diagnostics | null;
  view: RuntimeView;
  onClose(): void;
}

/** What would be copied, shown before it is. */
export function Preview({ report, view, onClose }: PreviewProps) {
  const text = reportText(report, view);
  return (
    <Section
      title={strings.previewTitle}
      aside={
        <>
          <CopyButton label={strings.copyText} text={() => text} />
          <Button variant="ghost" onClick={onClose}>
            {strings.close}
          </Button>
        </>
      }
    >
      <p className={styles.muted}>{strings.preview}</p>
      <Output lines={linesOf(text)} />
    </Section>
  );
}
