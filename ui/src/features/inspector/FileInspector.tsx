import { useQuery } from "@tanstack/react-query";
import { useApi } from "../../api/context";
import { fileHeadQuery, isFileName, typeOf } from "../../api/files";
import { Problem } from "../../api/problem";
import { Copyable } from "../../components/Copyable";
import { FilePreview } from "../../components/file/FilePreview";
import { DownloadButton } from "../../components/file/FileView";
import { Failure } from "../../components/Notice";
import { Facts } from "../../components/Page";
import { formatBytes, formatCount } from "../../text/measure";
import { strings } from "./strings";
import styles from "./Inspector.module.css";

/** A stored file: its kind, its size, its content as far as it can be shown. */
export function FileInspector({ name }: { name: string }) {
  if (!isFileName(name)) return <Failure problem={new Problem("no_name", strings.noName, strings.noNameHint)} />;
  return <Known name={name} />;
}

function Known({ name }: { name: string }) {
  const { data: head } = useQuery(fileHeadQuery(useApi(), name));
  const { fileFacts: facts } = strings;
  return (
    <div data-testid="file-inspector" data-file={name}>
      <FilePreview name={name} />
      {head ? (
        <div className={styles.actions}>
          <DownloadButton name={name} type={typeOf(head, null)} />
        </div>
      ) : null}
      <Facts
        facts={[
          ...(head
            ? ([
                [facts.type, typeOf(head, null)],
                [facts.size, `${formatBytes(head.size)} (${formatCount(head.size)} B)`],
              ] as const)
            : []),
          [facts.hash, <Copyable key="h" text={name} />],
        ]}
      />
    </div>
  );
}
