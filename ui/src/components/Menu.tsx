import { Check } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";
import styles from "./Menu.module.css";

export interface MenuItem {
  key: string;
  label: string;
  icon?: ReactNode;
  disabled?: boolean;
  danger?: boolean;
  onSelect(): void;
}

/** A menu that opens from a button. Not modal: a modal one locks scrolling with an inline style sheet. */
export function Menu({ trigger, items }: { trigger: ReactNode; items: readonly MenuItem[] }) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className={styles.menu} sideOffset={4} align="end" collisionPadding={8}>
          {items.map((item) => (
            <DropdownMenu.Item
              key={item.key}
              className={item.danger ? styles.danger : styles.item}
              disabled={item.disabled}
              onSelect={item.onSelect}
            >
              {item.icon}
              {item.label}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

interface ChoiceMenuProps<T extends string> {
  trigger: ReactNode;
  label: string;
  value: T;
  options: readonly { value: T; label: string }[];
  onChange(value: T): void;
  /** Below the choices: what else can be done here. */
  footer?: MenuItem;
}

/** One of several, in a menu. */
export function ChoiceMenu<T extends string>({ trigger, label, value, options, onChange, footer }: ChoiceMenuProps<T>) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className={styles.menu} sideOffset={4} align="start" collisionPadding={8} aria-label={label}>
          <DropdownMenu.RadioGroup value={value} onValueChange={(next) => onChange(next as T)}>
            {options.map((option) => (
              <DropdownMenu.RadioItem key={option.value} className={styles.item} value={option.value}>
                <span className={styles.check}>
                  <DropdownMenu.ItemIndicator>
                    <Check aria-hidden="true" />
                  </DropdownMenu.ItemIndicator>
                </span>
                {option.label}
              </DropdownMenu.RadioItem>
            ))}
          </DropdownMenu.RadioGroup>
          {footer ? (
            <>
              <DropdownMenu.Separator className={styles.separator} />
              <DropdownMenu.Item className={styles.item} onSelect={footer.onSelect}>
                <span className={styles.check}>{footer.icon}</span>
                {footer.label}
              </DropdownMenu.Item>
            </>
          ) : null}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

interface CheckMenuProps {
  trigger: ReactNode;
  label: string;
  values: readonly string[];
  options: readonly { value: string; label: string }[];
  /** No more than these at once: what is not chosen then cannot be. */
  max: number;
  onChange(values: string[]): void;
}

/** Several of many, in a menu that stays open while they are chosen. */
export function CheckMenu({ trigger, label, values, options, max, onChange }: CheckMenuProps) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className={styles.menu} sideOffset={4} align="start" collisionPadding={8} aria-label={label}>
          {options.map((option) => {
            const chosen = values.includes(option.value);
            return (
              <DropdownMenu.CheckboxItem
                key={option.value}
                className={styles.item}
                checked={chosen}
                disabled={!chosen && values.length >= max}
                onSelect={(event) => event.preventDefault()}
                onCheckedChange={(next) =>
                  onChange(next ? [...values, option.value] : values.filter((value) => value !== option.value))
                }
              >
                <span className={styles.check}>
                  <DropdownMenu.ItemIndicator>
                    <Check aria-hidden="true" />
                  </DropdownMenu.ItemIndicator>
                </span>
                {option.label}
              </DropdownMenu.CheckboxItem>
            );
          })}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
