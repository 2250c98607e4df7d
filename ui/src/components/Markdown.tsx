import { ImageOff } from "lucide-react";
import { memo } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";
import { strings } from "./strings";
import styles from "./Markdown.module.css";

const plugins = [remarkGfm];

const components: Components = {
  // A picture from elsewhere tells its server who reads what, and when: its address is shown instead.
  img: ({ alt, src }) => (
    <span className={styles.image} title={strings.remoteImage(String(src ?? ""))}>
      <ImageOff aria-hidden="true" /> {alt || strings.remoteImage(String(src ?? ""))}
    </span>
  ),
  a: ({ href, children }) => (
    <a href={href} target="_blank" rel="noreferrer noopener" title={href}>
      {children}
    </a>
  ),
  // A heading inside a message must not take part in the outline of the page.
  h1: ({ children }) => <p className={styles.heading}>{children}</p>,
  h2: ({ children }) => <p className={styles.heading}>{children}</p>,
  h3: ({ children }) => <p className={styles.heading}>{children}</p>,
  h4: ({ children }) => <p className={styles.heading}>{children}</p>,
  h5: ({ children }) => <p className={styles.heading}>{children}</p>,
  h6: ({ children }) => <p className={styles.heading}>{children}</p>,
  input: ({ checked }) => <span>{checked ? "☑ " : "☐ "}</span>,
};

/** Markdown from anyone: raw HTML is shown as text, scripts and odd schemes never become links. */
export const Markdown = memo(function Markdown({ text }: { text: string }) {
  return (
    <div className={styles.markdown}>
      <ReactMarkdown remarkPlugins={plugins} components={components}>
        {text}
      </ReactMarkdown>
    </div>
  );
});
