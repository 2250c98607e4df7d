import { useQuery } from "@tanstack/react-query";
import { Download, FileImage, FileQuestion, FileText, type LucideIcon } from "lucide-react";
import { useState } from "react";
import { useApi } from "../../api/context";
import { fileHeadQuery, kindOf, savedName, shortName, typeOf, type FileHead, type FileKind } from "../../api/files";
import { asProblem } from "../../api/problem";
import { formatBytes } from "../../text/measure";
import { Button } from "../Button";
import { saveBlob } from "../download";
import { Failure } from "../Notice";
import { useSelection } from "../selection";
import { FilePreview } from "./FilePreview";
import { strings } from "./strings";
import styles from "./File.module.css";

const icons: Record<FileKind, LucideIcon> = { picture: FileImage, text: FileText, other: FileQuestion };

function KindIcon({ head }: { head: FileHead | undefined }) {
  const Icon = icons[head ? kindOf(head) : "other"];
  return <Icon aria-hidden="true" />;
}

/** "image/png · 12 KB", as far as it is known. */
const whatOf = (head: FileHead | undefined): string =>
  head ? [typeOf(head, null).split(";")[0], formatBytes(head.size)].join(" · ") : "";

/** Downloads a file, and says what went wrong with it. */
export function DownloadButton({ name, type }: { name: string; type: string }) {
  const api = useApi();
  const [failure, setFailure] = useState<unknown>(null);
  const download = async () => {
    try {
      saveBlob(savedName(name, type), await (await api.file(name)).blob());
      setFailure(null);
    } catch (problem) {
      setFailure(asProblem(problem));
    }
  };
  return (
    <>
      <Button variant="ghost" icon={<Download />} onClick={() => void download()}>
        {strings.download}
      </Button>
      {failure ? <Failure compact problem={failure} onRetry={() => void download()} /> : null}
    </>
  );
}

/** One file in a pane: what it is, and a preview on demand. */
export function FileView({ name }: { name: string }) {
  const { data: head, error } = useQuery(fileHeadQuery(useApi(), name));
  const [open, setOpen] = useState(false);
  const short = shortName(name);
  return (
    <div className={styles.file} data-testid="file" data-file={name}>
      <div className={styles.head}>
        <KindIcon head={head} />
        <code className={styles.name} title={name}>
          {short}
        </code>
        <span className={styles.meta}>{error ? asProblem(error).message : whatOf(head)}</span>
        <Button variant="ghost" aria-expanded={open} aria-label={`${open ? strings.hide : strings.preview}: ${short}`} onClick={() => setOpen(!open)}>
          {open ? strings.hide : strings.preview}
        </Button>
        <DownloadButton name={name} type={head ? typeOf(head, null) : ""} />
      </div>
      {open ? <FilePreview name={name} /> : null}
    </div>
  );
}

/** More files of one line are counted. */
const CHIPS_MAX = 3;

/** The files of a line of the timeline; pressing one shows it in the inspector. */
export function FileChips({ names }: { names: readonly string[] }) {
  if (names.length === 0) return null;
  return (
    <span className={styles.chips}>
      {names.slice(0, CHIPS_MAX).map((name) => (
        <FileChip key={name} name={name} />
      ))}
      {names.length > CHIPS_MAX ? <span className={styles.meta}>{strings.more(names.length - CHIPS_MAX)}</span> : null}
    </span>
  );
}

function FileChip({ name }: { name: string }) {
  const { inspectFile } = useSelection();
  const { data: head } = useQuery(fileHeadQuery(useApi(), name));
  const what = whatOf(head);
  const short = shortName(name);
  return (
    <button
      type="button"
      className={styles.chip}
      data-file={name}
      onClick={(click) => {
        click.stopPropagation();
        inspectFile(name);
      }}
    >
      <KindIcon head={head} />
      <span className="visually-hidden">{strings.file} </span>
      <code>{short}</code> <span>{what}</span>
    </button>
  );
}
