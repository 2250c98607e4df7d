import { X } from "lucide-react";
import { Dialog } from "radix-ui";
import { Button } from "../../components/Button";
import { showKeys, type KeyAction } from "../../keys/keymap";
import { keymap, useKeyActions } from "../../keys/useKeys";
import { strings } from "./strings";
import styles from "./KeyHelp.module.css";

interface KeyHelpProps {
  open: boolean;
  onOpenChange(open: boolean): void;
}

/** The keys that work here and now. */
export function KeyHelp({ open, onOpenChange }: KeyHelpProps) {
  const actions = useKeyActions();
  const unique = [...new Map(actions.map((action): [string, KeyAction] => [action.id, action])).values()];
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <div className={styles.shade} aria-hidden="true" />
        <Dialog.Content className={styles.sheet} aria-describedby={undefined}>
          <div className={styles.head}>
            <Dialog.Title asChild>
              <h2>{strings.keysTitle}</h2>
            </Dialog.Title>
            <Dialog.Close asChild>
              <Button variant="ghost" icon={<X />}>
                {strings.keysClose}
              </Button>
            </Dialog.Close>
          </div>
          <dl className={styles.keys}>
            {unique.map((action) => (
              <div key={action.id}>
                <dt>{action.label}</dt>
                <dd>
                  <kbd>{showKeys(keymap.keysOf(action))}</kbd>
                </dd>
              </div>
            ))}
            {strings.fixedKeys.map(([label, key]) => (
              <div key={key}>
                <dt>{label}</dt>
                <dd>
                  <kbd>{key}</kbd>
                </dd>
              </div>
            ))}
          </dl>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
