import { Braces, Check, Copy, Link2, SquareTerminal, Terminal } from "lucide-react";
import { useApi } from "../api/context";
import { Button } from "./Button";
import { commandOf, curlOf, DEFAULT_URL, linkOf, type Subject } from "./copyAs";
import { copyWord, useCopy } from "./Copyable";
import { Menu, type MenuItem } from "./Menu";
import { strings } from "./strings";

interface CopyAsProps {
  subject: Subject;
  /** Whole, as the API said it; read when it is copied. Absent: not offered as JSON. */
  json?: () => unknown;
}

/** One thing of the log to take elsewhere: as JSON, as a request, as a command, as a link. */
export function CopyAs({ subject, json }: CopyAsProps) {
  const api = useApi();
  const [outcome, copy] = useCopy();
  const url = api.lastUrl() ?? DEFAULT_URL;
  const command = commandOf(subject);
  const items: MenuItem[] = [
    ...(json
      ? [{ key: "json", label: strings.copyAs.json, icon: <Braces />, onSelect: () => copy(JSON.stringify(json(), null, 2)) }]
      : []),
    { key: "curl", label: strings.copyAs.curl, icon: <Terminal />, onSelect: () => copy(curlOf(subject, url)) },
    ...(command
      ? [{ key: "command", label: strings.copyAs.command, icon: <SquareTerminal />, onSelect: () => copy(command) }]
      : []),
    { key: "link", label: strings.copyAs.link, icon: <Link2 />, onSelect: () => copy(linkOf(subject, url)) },
  ];
  return (
    <Menu
      items={items}
      trigger={
        <Button icon={outcome === "copied" ? <Check /> : <Copy />}>
          <span aria-live="polite">{copyWord(outcome, strings.copyAs.title)}</span>
        </Button>
      }
    />
  );
}
