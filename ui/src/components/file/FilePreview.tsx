import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { useApi } from "../../api/context";
import {
  fileBytesQuery,
  fileHeadQuery,
  kindOf,
  PICTURE_BYTES_MAX,
  pictureType,
  shortName,
  TEXT_BYTES_MAX,
  textOfBytes,
  type FileHead,
} from "../../api/files";
import { jsonOf, looksLikeMarkdown } from "../../text/markup";
import { formatBytes } from "../../text/measure";
import { Json } from "../Json";
import { Markdown } from "../Markdown";
import { Failure } from "../Notice";
import { linesOf, Output } from "../Output";
import { Segmented } from "../Segmented";
import { strings } from "./strings";
import styles from "./File.module.css";

/** A larger text is not rendered: it would hold up the page. */
const MARKDOWN_CHARS_MAX = 256 * 1024;

interface FilePreviewProps {
  /** `sha256:<hex>`. */
  name: string;
  /** What it is called where it is named: `text/markdown`. Only a hint. */
  called?: string | null;
  /** A program wrote it: shown with its colours, from its end. What it is called is all there is to it. */
  output?: boolean;
}

/** What is in a file, shown and never run. */
export function FilePreview({ name, called = null, output = false }: FilePreviewProps) {
  const { data: head, error, refetch } = useQuery(fileHeadQuery(useApi(), name));
  if (error) return <Failure compact problem={error} onRetry={() => void refetch()} />;
  if (!head) return <p className={styles.faint}>{strings.loading}</p>;
  if (head.size === 0) return <p className={styles.faint}>{strings.empty}</p>;
  switch (kindOf(head)) {
    case "picture":
      return head.size > PICTURE_BYTES_MAX ? (
        <p className={styles.faint}>{strings.pictureTooLarge(formatBytes(head.size), formatBytes(PICTURE_BYTES_MAX))}</p>
      ) : (
        <Whole name={name} head={head}>
          {(bytes) => <Picture name={name} bytes={bytes} />}
        </Whole>
      );
    case "text":
      return head.size > TEXT_BYTES_MAX ? (
        <>
          <p className={styles.faint}>
            {strings.textCut(formatBytes(head.bytes.length), formatBytes(head.size), formatBytes(TEXT_BYTES_MAX))}
          </p>
          <Plain text={textOfBytes(head.bytes, true) ?? ""} output={output} />
        </>
      ) : (
        <Whole name={name} head={head}>
          {(bytes) => <Text bytes={bytes} called={called} output={output} />}
        </Whole>
      );
    case "other":
      return <p className={styles.faint}>{strings.other}</p>;
  }
}

interface WholeProps {
  name: string;
  head: FileHead;
  children(bytes: Uint8Array): ReactNode;
}

/** The whole file: its head is that already when it is short. */
function Whole({ name, head, children }: WholeProps) {
  const short = head.bytes.length === head.size;
  const { data, error, refetch } = useQuery({ ...fileBytesQuery(useApi(), name), enabled: !short });
  const bytes = short ? head.bytes : data;
  if (error) return <Failure compact problem={error} onRetry={() => void refetch()} />;
  return bytes ? children(bytes) : <p className={styles.faint}>{strings.loading}</p>;
}

/** Drawn from bytes at hand, under a type that their own beginning tells. */
function Picture({ name, bytes }: { name: string; bytes: Uint8Array }) {
  const image = useRef<HTMLImageElement>(null);
  const [broken, setBroken] = useState(false);
  useEffect(() => {
    const { current } = image;
    if (!current) return undefined;
    const address = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: pictureType(bytes) ?? "" }));
    current.src = address;
    return () => URL.revokeObjectURL(address);
  }, [bytes]);
  if (broken) return <p className={styles.faint}>{strings.notDrawn}</p>;
  return <img ref={image} className={styles.picture} alt={strings.picture(shortName(name))} onError={() => setBroken(true)} />;
}

type Look = "formed" | "text";

function Text({ bytes, called, output }: { bytes: Uint8Array; called: string | null; output: boolean }) {
  const [look, setLook] = useState<Look>("formed");
  const text = textOfBytes(bytes, false);
  if (text === null) return <p className={styles.faint}>{strings.other}</p>;
  const json = jsonOf(text);
  const markup = called?.includes("markdown") || (!output && looksLikeMarkdown(text));
  const markdown = !json && markup && text.length <= MARKDOWN_CHARS_MAX;
  if (!json && !markdown) return <Plain text={text} output={output} />;
  return (
    <>
      <div className={styles.look}>
        <Segmented<Look>
          label={strings.look}
          value={look}
          onChange={setLook}
          options={[
            { value: "formed", label: json ? strings.tree : strings.rendered },
            { value: "text", label: strings.text },
          ]}
        />
      </div>
      {look === "text" ? <Plain text={text} output={output} /> : json ? <Json value={json.value} /> : <Markdown text={text} />}
    </>
  );
}

function Plain({ text, output }: { text: string; output: boolean }) {
  if (output) return <Output lines={linesOf(text)} />;
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a long text scrolls, by keyboard too
    <pre className={styles.plain} tabIndex={0} role="region" aria-label={strings.content} data-testid="file-text">
      {text}
    </pre>
  );
}
