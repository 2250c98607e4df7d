import { ClipboardCopy, FolderOpen } from "lucide-react";
import { useState } from "react";
import { useIsOwner } from "../../api/queries";
import { Button } from "../../components/Button";
import { OwnerNeeded } from "../../components/Notice";
import { Page, Scroll } from "../../components/Page";
import { usePlatform, type Diagnostics, type RuntimeStatus, type RuntimeView } from "../../platform";
import { useRuntime } from "../../platform/runtime";
import { LogTail } from "./LogTail";
import { Mode } from "./Mode";
import { Preview } from "./Preview";
import { Problems } from "./Problems";
import { Processes } from "./Processes";
import { strings } from "./strings";
import { SystemFacts } from "./SystemFacts";
import { useDiagnostics } from "./useDiagnostics";
import styles from "./Diagnostics.module.css";

/** The newest status there is: what the host says now, else what the last report said. */
function newestStatus(view: RuntimeView, report: Diagnostics | undefined): RuntimeStatus | null {
  if (view.kind === "known") return view.status;
  return (view.kind === "unreachable" ? view.last : null) ?? report?.runtime ?? null;
}

/** The state of everything, problems first. Works while the API does not. */
export function DiagnosticsPage() {
  const platform = usePlatform();
  const view = useRuntime();
  const owner = useIsOwner();
  const { data: report, readings } = useDiagnostics();
  const [preview, setPreview] = useState(false);
  const status = newestStatus(view, report);
  // In the shell the host itself is the owner's, also while nobody can be asked.
  const reader = platform.ownerPath !== null && owner !== true;
  const away = view.kind === "unreachable";
  const mayAct = !reader && !away;
  const { openLogs } = platform;
  return (
    <Page
      testId="diagnostics"
      title={strings.title}
      actions={
        <>
          {openLogs ? (
            <Button icon={<FolderOpen />} onClick={() => void openLogs()}>
              {strings.openLogs}
            </Button>
          ) : null}
          <Button icon={<ClipboardCopy />} aria-expanded={preview} onClick={() => setPreview(!preview)}>
            {strings.copy}
          </Button>
        </>
      }
    >
      <Scroll>
        {preview ? <Preview report={report ?? null} view={view} onClose={() => setPreview(false)} /> : null}
        <Problems view={view} report={report ?? null} status={status} mayAct={mayAct} />
        {owner === false && reader ? <OwnerNeeded /> : null}
        {away && (status || report) ? <p className={styles.old}>{strings.lastKnown}</p> : null}
        {status ? (
          <>
            <Processes status={status} report={report ?? null} readings={readings} mayAct={mayAct} />
            <Mode status={status} mayAct={mayAct} />
          </>
        ) : null}
        {report ? (
          <>
            <SystemFacts report={report} status={status} />
            <LogTail lines={report.log_tail} files={report.logs} />
          </>
        ) : null}
      </Scroll>
    </Page>
  );
}
