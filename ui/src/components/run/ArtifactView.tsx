import { Download, FileText } from "lucide-react";
import { useState } from "react";
import { useApi } from "../../api/context";
import { asProblem } from "../../api/problem";
import type { Artifact } from "../../api/types";
import { formatBytes } from "../../text/measure";
import { Button } from "../Button";
import { saveBlob } from "../download";
import { FilePreview } from "../file/FilePreview";
import { Json } from "../Json";
import { Failure } from "../Notice";
import { linesOf, Output } from "../Output";
import { strings } from "../strings";
import styles from "./ArtifactView.module.css";

/** What is shown of an artifact, or of something else that is kept like one. */
export type Kept = Pick<
  Artifact,
  "kind" | "title" | "mime_type" | "size_bytes" | "content_text" | "content_json" | "content_blob"
>;

/** The blob an artifact's bytes are in, `sha256:<hex>`. */
function blobOf(artifact: Kept): string | null {
  const named = artifact.content_blob;
  if (!named) return null;
  return named.startsWith("sha256:") ? named : `sha256:${named}`;
}

/** One artifact: its name and size, a preview on demand, and its bytes as a file. */
export function ArtifactView({ artifact }: { artifact: Kept }) {
  const api = useApi();
  const [open, setOpen] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const blob = blobOf(artifact);
  const inline = artifact.content_text;
  const json = artifact.content_json ?? undefined;
  const previewable = inline !== null || json !== undefined || blob !== null;
  const name = artifact.title ?? artifact.kind;

  const download = async () => {
    try {
      const bytes = blob ? await api.blob(blob) : new Blob([inline ?? JSON.stringify(json, null, 2)]);
      saveBlob(name, bytes);
      setFailure(null);
    } catch (problem) {
      setFailure(asProblem(problem));
    }
  };

  return (
    <div className={styles.artifact} data-testid="artifact">
      <div className={styles.head}>
        <FileText aria-hidden="true" />
        <span className={styles.name}>{name}</span>
        <span className={styles.meta}>
          {[artifact.mime_type, artifact.size_bytes === null ? null : formatBytes(artifact.size_bytes)]
            .filter(Boolean)
            .join(" · ")}
        </span>
        {previewable ? (
          <Button variant="ghost" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? strings.collapse : strings.artifact.preview}
          </Button>
        ) : null}
        <Button variant="ghost" icon={<Download />} onClick={() => void download()}>
          {strings.artifact.download}
        </Button>
      </div>
      {failure ? <Failure compact problem={failure} onRetry={() => void download()} /> : null}
      {open ? (
        json !== undefined ? (
          <Json value={json} />
        ) : inline !== null ? (
          <Preview text={inline} mime={artifact.mime_type} />
        ) : blob ? (
          <FilePreview name={blob} called={artifact.mime_type} output />
        ) : null
      ) : null}
    </div>
  );
}

/** What is called JSON and is not stays the text it is. */
function parsed(text: string): { value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}

function Preview({ text, mime }: { text: string; mime: string | null }) {
  const json = mime?.includes("json") ? parsed(text) : null;
  return json ? <Json value={json.value} /> : <Output lines={linesOf(text)} />;
}
