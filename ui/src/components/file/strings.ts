/** Words for stored files. */
export const strings = {
  file: "File",
  preview: "Preview",
  hide: "Hide",
  download: "Download",
  loading: "Loading",
  empty: "The file is empty.",
  content: "Content of the file",
  picture: (name: string) => `Picture ${name}`,
  notDrawn: "This picture cannot be drawn: it is damaged, or of a kind that this page does not know.",
  pictureTooLarge: (size: string, limit: string) => `A picture of ${size} is not shown here: the limit is ${limit}. Download it to see it.`,
  textCut: (shown: string, size: string, limit: string) =>
    `The first ${shown} of ${size}: a text above ${limit} is not shown whole. Download it to read the rest.`,
  other: "There is no preview of this kind of file. Download it to open it with a program of yours.",
  look: "How it is shown",
  rendered: "Rendered",
  tree: "Tree",
  text: "Text",
  more: (count: number) => `+${count}`,
} as const;
