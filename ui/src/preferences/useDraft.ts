import { useState } from "react";
import { preferences, setPreferences } from "./preferences";

/** What was typed and not yet sent survives leaving the room, a reload and a failure. */
export function useDraft(key: string): [string, (text: string) => void] {
  const [text, setText] = useState(() => preferences().drafts[key] ?? "");
  const change = (next: string) => {
    setText(next);
    const { [key]: _old, ...others } = preferences().drafts;
    setPreferences({ drafts: next === "" ? others : { ...others, [key]: next } });
  };
  return [text, change];
}
