import { Fragment, type ReactNode } from "react";

/** A sentence of the catalogue with its `{places}` filled; words between them keep the order of their language. */
export function Phrase({ text, parts }: { text: string; parts: Readonly<Record<string, ReactNode>> }) {
  // Every second piece is the name of a place.
  return text
    .split(/\{(\w+)\}/)
    .map((piece, index) => <Fragment key={index}>{index % 2 === 0 ? piece : parts[piece]}</Fragment>);
}
